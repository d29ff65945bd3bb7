// @ts-check
// npm run crash -- --rounds N --seed S: a process that writes through the pool is killed, again and again; what it
// was told is committed must be there.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { argv, env, execPath } from 'node:process'
import { packageFolder, root } from './setup/places.mjs'
import { run } from './setup/run.mjs'
import { fail } from './setup/step.mjs'
import { setup } from './setup.mjs'

async function crash() {
  const runtime = await setup({ virtualDisplay: false })
  // A build of its own, so that what runs beside it can build dist/ anew.
  mkdirSync(join(root, 'out'), { recursive: true })
  const built = mkdtempSync(join(root, 'out', 'crash-'))
  process.once('exit', () => rmSync(built, { recursive: true, force: true }))
  const compiler = join(packageFolder('typescript'), 'bin', 'tsc')
  await run('tsc', execPath, [compiler, '-p', 'tsconfig.build.json', '--outDir', built])
  const args = [join(root, 'crash', 'main.mjs'), join(built, 'main')]
  const { status, signal, error } = spawnSync(runtime.electronPath, [...args, ...argv.slice(2)], {
    cwd: root,
    stdio: 'inherit',
    env: { ...env, ...runtime.env, ELECTRON_RUN_AS_NODE: '1' },
  })
  if (error) throw error
  if (signal) throw new Error(`ended by ${signal}`)
  process.exitCode = status ?? 1
}

await crash().catch(fail)
