import { mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { NativeModuleError } from '../../src/main/runtime/errors.ts'
import { resolveDriver } from '../../src/main/runtime/resolve-driver.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { thrownBy } from '../support/thrown-by.ts'

/** A folder of a project that has installed a driver, and the path of that driver. */
function project() {
  const dir = temporaryDirectory()
  const folder = join(dir, 'node_modules', 'of-the-app')
  mkdirSync(folder, { recursive: true })
  const path = join(folder, 'index.js')
  writeFileSync(path, '')
  return { dir, path }
}

/** Pretends that the process was started with a script or a document. */
function startedWith(argument: string): void {
  const { argv } = process
  process.argv = [argv[0] ?? '', argument]
  onTestFinished(() => {
    process.argv = argv
  })
}

test('a name is found from the script, and from the folder of an app', () => {
  const { dir, path } = project()
  for (const argument of [dir, join(dir, 'main.js')]) {
    startedWith(argument)
    expect(resolveDriver('of-the-app')).toBe(path)
  }
})

test('a name is found from this package', () => {
  startedWith(temporaryDirectory())
  const { resolve } = createRequire(import.meta.url)
  expect(resolveDriver('better-sqlite3')).toBe(resolve('better-sqlite3'))
})

test('a path and a file URL lead to the module', () => {
  const { path } = project()
  expect(resolveDriver(path)).toBe(path)
  expect(resolveDriver(pathToFileURL(path).href)).toBe(path)
})

test('the folder of a document that a packaged app opens is not searched', async () => {
  const { dir } = project()
  startedWith(join(dir, 'document.txt'))
  Object.defineProperty(process, 'type', { value: 'browser', configurable: true })
  onTestFinished(() => void Reflect.deleteProperty(process, 'type'))
  await thrownBy(NativeModuleError, () => resolveDriver('of-the-app'))
})
