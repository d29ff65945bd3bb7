import { execFileSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')

/** Builds the package as it is published, for the apps of e2e/apps, into a new folder. */
export function buildPackage(): string {
  const built = mkdtempSync(join(root, 'out', 'e2e-package-'))
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  execFileSync(process.execPath, [compiler, '-p', 'tsconfig.build.json', '--outDir', built], {
    cwd: root,
    stdio: 'inherit',
  })
  return built
}
