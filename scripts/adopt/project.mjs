// @ts-check
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageFolder } from '../setup/places.mjs'
import { npm } from '../setup/run.mjs'

// This clone has them for its Electron.
const nativeModules = ['fs-ext', 'better-sqlite3', 'better-sqlite3-multiple-ciphers']

/**
 * Installs packages in an app, without their install scripts: these would fetch Electron, and compile for Node.
 * @param {string} project
 * @param {string[]} packages names, with a range or without. A native module has the version that this clone has compiled:
 * npm may choose an older one for its Node
 */
export async function install(project, packages) {
  const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--save']
  await npm('npm-install', [...args, ...packages.map(compiledVersion)], project)
  for (const name of nativeModules) {
    const module = join(project, 'node_modules', name)
    if (!existsSync(module)) continue
    cpSync(join(packageFolder(name), 'build'), join(module, 'build'), { recursive: true })
  }
}

/** @param {string} name */
function compiledVersion(name) {
  if (!nativeModules.includes(name)) return name
  const { version } = JSON.parse(readFileSync(join(packageFolder(name), 'package.json'), 'utf8'))
  return `${name}@${version}`
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
 * @param {string} project
 * @param {Record<string, unknown>} fields what to add or replace
 */
export function editPackageJson(project, fields) {
  const file = join(project, 'package.json')
  writeFileSync(
    file,
    `${JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), ...fields }, undefined, 2)}\n`,
  )
}
