// @ts-check
import { execFileSync } from 'node:child_process'
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageFolder, root } from '../setup/places.mjs'
import { npm, run } from '../setup/run.mjs'
import { step } from '../setup/step.mjs'

const template = '@quick-start/electron@1.0.30'
// What getting-started.md has people install, and what it needs.
const installed = ['kysely@0.29', 'better-sqlite3']

/**
 * A new app of the stock electron-vite template that has this package installed, and does not use it yet.
 * @param {string} folder an empty one
 * @returns {Promise<string>} where the app is
 */
export async function makeProject(folder) {
  const project = join(folder, 'app')
  const about = {
    name: 'app',
    doing: `npm create ${template}, npm install`,
    next: 'see whether npm reaches its registry (npm ping), then run this again',
  }
  await step(about, async () => {
    await npm(
      'npm-create',
      ['create', '--yes', template, 'app', '--', '--template', 'vanilla-ts', '--skip'],
      folder,
    )
    await npm('npm-pack', ['pack', root, '--pack-destination', folder], folder)
    const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? ''
    // Install scripts would fetch Electron and compile for Node: both are here already, from this clone's set-up.
    const install = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--save']
    await npm('npm-install', [...install, join(folder, tarball), ...installed], project)
    for (const name of ['fs-ext', 'better-sqlite3']) {
      cpSync(join(packageFolder(name), 'build'), join(project, 'node_modules', name, 'build'), {
        recursive: true,
      })
    }
  })
  return project
}

/**
 * @param {string} project
 * @param {string} diff
 */
export function applyDiff(project, diff) {
  execFileSync('git', ['apply', '-'], {
    cwd: project,
    input: diff,
    stdio: ['pipe', 'inherit', 'inherit'],
  })
}

/**
 * Builds and packages the app as its own scripts do.
 * @param {string} project
 * @param {string} name of the app: each has a profile of its own
 * @param {{ distDir: string, version: string, env: Record<string, string> }} runtime
 * @returns {Promise<string>} the packaged app's executable
 */
export async function packageProject(project, name, { distDir, version, env }) {
  const file = join(project, 'package.json')
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), name }))
  await run('npm-build', 'npm', ['run', 'build'], { cwd: project, env: { ...process.env, ...env } })
  const builder = join(project, 'node_modules', 'electron-builder', 'cli.js')
  const args = ['--dir', '--publish', 'never', `-c.electronDist=${distDir}`, `-c.electronVersion=${version}`]
  await run('electron-builder', process.execPath, [builder, ...args, `-c.extraMetadata.name=${name}`], {
    cwd: project,
  })
  const release = join(project, 'dist')
  const unpacked = readdirSync(release).find((entry) => entry.endsWith('unpacked')) ?? ''
  return join(release, unpacked, name)
}
