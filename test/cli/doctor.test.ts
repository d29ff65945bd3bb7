import { spawnSync } from 'node:child_process'
import { cpSync, realpathSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { NativeModuleError } from '../../src/main/runtime/errors.ts'
import {
  type NativeFailure,
  type NativeModule,
  type Runtime,
  repairCommand,
} from '../../src/main/runtime/runtime.ts'
import { addUncompiledVersion12, projectWith } from '../support/project-with.ts'
import { skip } from '../support/skip.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { startCli } from './run-cli.ts'

const root = resolve(import.meta.dirname, '../..')
const electron35 = { title: 'Electron 35.0.0', isElectron: true, moduleAbi: 133, napi: 10 }
const electron33 = { title: 'Electron 33.2.1', isElectron: true, moduleAbi: 130, napi: 9 }
const node20 = { title: 'Node.js 20.20.2', isElectron: false, moduleAbi: 115, napi: 9 }
const node22 = { title: 'Node.js 22.14.0', isElectron: false, moduleAbi: 127, napi: 10 }

function doctor(project: string, ...args: string[]) {
  const { ELECTRON_OVERRIDE_DIST_PATH: _, ...env } = process.env
  const script = join(project, 'node_modules/electron-datadir/dist/main/cli/main.js')
  return spawnSync(process.execPath, [script, 'doctor', ...args], { cwd: project, env, encoding: 'utf8' })
}

test('if both modules load, doctor finds nothing to repair and names the runtime', () => {
  const { status, stdout } = doctor(projectWith(['fs-ext', 'better-sqlite3']))
  expect(stdout).toContain(`Electron ${process.versions.electron}, module ABI ${process.versions.modules}`)
  expect(stdout).toMatch(/fs-ext +works: takes a lock/)
  expect(stdout).toMatch(/better-sqlite3 +works: SQLite \d/)
  expect(stdout).toContain('Nothing to repair.')
  expect(status).toBe(0)
})

test('doctor names the command for a module that is not installed', () => {
  const { status, stdout } = doctor(projectWith(['better-sqlite3']))
  expect(stdout).toMatch(/fs-ext +is not installed/)
  expect(stdout).toContain('npm install fs-ext')
  expect(status).toBe(69)
})

test('without better-sqlite3, there is nothing to repair, and doctor says that only a database needs better-sqlite3', () => {
  const { status, stdout } = doctor(projectWith(['fs-ext']))
  expect(stdout).toMatch(
    /better-sqlite3 +is not installed\. Only a database needs it: npm install better-sqlite3/,
  )
  expect(stdout).toContain('Nothing to repair.')
  expect(status).toBe(0)
})

test('doctor names the command for a better-sqlite3 12, which loads its binary late and was never compiled', () => {
  const project = projectWith(['fs-ext'])
  addUncompiledVersion12(project)
  const { status, stdout } = doctor(project)
  expect(stdout).toMatch(/better-sqlite3 +was never compiled/)
  expect(stdout).toContain('npx @electron/rebuild --force --only better-sqlite3')
  expect(status).toBe(69)
})

test('doctor runs a module to find out that it was built for another runtime', () => {
  const project = projectWith(['fs-ext', 'better-sqlite3'])
  const script = join(project, 'node_modules/electron-datadir/dist/main/cli/main.js')
  const { ELECTRON_OVERRIDE_DIST_PATH: _, ELECTRON_RUN_AS_NODE: __, ...env } = process.env
  const { status, stdout } = spawnSync('node', [script, 'doctor'], { cwd: project, env, encoding: 'utf8' })
  expect(stdout).toMatch(/^Node\.js/)
  expect(stdout).toContain(`was compiled for another runtime (module ABI ${process.versions.modules})`)
  expect(stdout).toContain('node-gyp rebuild --directory node_modules/fs-ext')
  expect(status).toBe(69)
})

test('if Electron does not start, doctor says so in one line and exits with 69', async () => {
  const folder = temporaryDirectory()
  writeFileSync(join(folder, 'electron'), '#!/bin/sh\necho "no libfoo" >&2; echo more >&2; exit 1\n', {
    mode: 0o755,
  })
  const env = { ...process.env, ELECTRON_OVERRIDE_DIST_PATH: folder }
  const { code, stderr } = await startCli(['doctor'], { env }).outcome
  expect(stderr).toBe(`electron-datadir: ${join(folder, 'electron')} does not run: no libfoo\n`)
  expect(code).toBe(69)
})

test('doctor --json prints one line of JSON', () => {
  const { stdout } = doctor(projectWith(['fs-ext', 'better-sqlite3']), '--json')
  expect(stdout.trim().split('\n')).toHaveLength(1)
  expect(JSON.parse(stdout)).toMatchObject({
    works: true,
    runtimes: [{ findings: [{ module: 'fs-ext' }, {}] }],
  })
})

test('the command that repairs fits module and runtime', () => {
  const commandFor = (...args: [NativeModule, NativeFailure, Runtime]) => repairCommand(...args, root)
  expect(commandFor('fs-ext', 'wrong-runtime', electron35)).toBe(
    'npx @electron/rebuild --force --only fs-ext',
  )
  expect(commandFor('fs-ext', 'not-built', node22)).toBe(
    'npx node-gyp rebuild --directory node_modules/fs-ext',
  )
  // Version 12, which does not use Node-API.
  expect(commandFor('better-sqlite3', 'wrong-runtime', electron33)).toBe(
    'npx @electron/rebuild --force --only better-sqlite3',
  )
  expect(commandFor('better-sqlite3', 'not-installed', electron33)).toBe('npm install better-sqlite3')
})

test('the command finds a module that the package manager keeps in a folder of its own', () => {
  const project = temporaryDirectory()
  const [, folder = ''] =
    /--directory (.+)$/.exec(repairCommand('fs-ext', 'not-built', node22, project) ?? '') ?? []
  expect(realpathSync(resolve(project, folder))).toBe(realpathSync(join(root, 'node_modules/fs-ext')))
})

test('no command makes better-sqlite3 work in a runtime that is too old for it', () => {
  expect(repairCommand('better-sqlite3', 'crashes', electron33)).toBeUndefined()
  const error = new NativeModuleError('better-sqlite3', 'crashes', undefined, electron33)
  expect(error.remedy).toBe('Use Electron 35 or later.')
  const inNode20 = new NativeModuleError('better-sqlite3', 'crashes', undefined, node20)
  expect(inNode20.remedy).toBe('Use Node.js 22.14 or later.')
})

test('if better-sqlite3 was not compiled for an Electron that is too old for it, doctor names the oldest that works', (ctx) => {
  if (Number(process.versions.napi) >= 10) skip(ctx, 'this Electron is new enough')
  const project = projectWith(['fs-ext'])
  const compiled = join(root, 'node_modules/better-sqlite3/build')
  cpSync(join(root, 'node_modules/better-sqlite3'), join(project, 'node_modules/better-sqlite3'), {
    recursive: true,
    filter: (path) => path !== compiled,
  })
  const { status, stdout } = doctor(project)
  expect(stdout).toMatch(/better-sqlite3 +crashes when it is used/)
  expect(stdout).toContain('\n  better-sqlite3 needs Electron 35 or later\n')
  expect(status).toBe(69)
})

test("doctor names the command of the project's package manager", () => {
  const project = projectWith(['better-sqlite3'])
  writeFileSync(join(project, 'pnpm-lock.yaml'), "lockfileVersion: '9.0'\n")
  expect(doctor(project).stdout).toContain('\n  pnpm add fs-ext\n')
})
