import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'playwright/test'
import { switches } from '../scripts/desktop/start-app.mjs'

const root = resolve(import.meta.dirname, '..')
const execPath = process.env.ELECTRON_PATH ?? ''
const out = join(root, 'out')
let built = ''
let dir = ''

test.beforeAll(() => {
  mkdirSync(out, { recursive: true })
  built = mkdtempSync(join(out, 'kit-'))
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  execFileSync(process.execPath, [compiler, '-p', 'tsconfig.build.json', '--outDir', built], { cwd: root })
})
test.afterAll(() => rmSync(built, { recursive: true, force: true }))
test.beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'datadir-kit-'))
})
test.afterEach(() => rmSync(dir, { recursive: true, force: true }))

const kitUrl = () => pathToFileURL(join(built, 'main/testing/api.js')).href

test('the test kit works inside Electron’s main process', () => {
  const app = join(import.meta.dirname, 'support/kit-app')
  const { status, stdout } = spawnSync(execPath, [...switches, app], {
    encoding: 'utf8',
    timeout: 30_000,
    env: { ...process.env, KIT_URL: kitUrl(), KIT_DIR: dir },
  })
  expect(stdout).toBe(`${JSON.stringify({ winners: 1, refused: 2 })}\n`)
  expect(status).toBe(0)
})

test('the test kit works from a Node without the native module, given Electron’s path', async () => {
  const kit: typeof import('../src/main/testing/api.ts') = await import(kitUrl())
  const holder = await kit.startHolder({ dir, name: 'notes', execPath })
  try {
    await expect(kit.startHolder({ dir, name: 'notes', execPath })).rejects.toMatchObject({
      reason: 'ERR_DATADIR_LOCKED',
    })
    await holder.kill()
    await kit.waitUntilFree(holder)
  } finally {
    await holder[Symbol.asyncDispose]()
  }
})
