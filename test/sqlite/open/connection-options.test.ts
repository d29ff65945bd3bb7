import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { connectionSetup } from '../../../src/main/sqlite/open/connection-options.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const extensionOf = (path: string) => connectionSetup('/data', { extensions: [path] }, false).extensions

test("an extension in Electron's archive is loaded from outside of it", () => {
  const resources = temporaryDirectory()
  const outside = join(resources, 'app.asar.unpacked', 'node_modules', 'vec')
  mkdirSync(outside, { recursive: true })
  writeFileSync(join(outside, 'vec0.so'), '')
  const inside = join(resources, 'app.asar', 'node_modules', 'vec')
  expect(extensionOf(join(inside, 'vec0.so'))).toEqual([join(outside, 'vec0.so')])
  expect(extensionOf(join(outside, 'vec0.so'))).toEqual([join(outside, 'vec0.so')])
  expect(extensionOf(join(inside, 'other.so'))).toEqual([join(inside, 'other.so')])
})

test('later changes to the options change nothing', () => {
  const key = new Uint8Array([1, 255])
  const attach: Record<string, string> = { other: 'other.db' }
  const setup = connectionSetup('/data', { key, attach }, true)
  key.fill(0)
  attach.other = 'another.db'
  expect(setup).toMatchObject({ key: '01ff', attach: [['other', '/data/other.db']], trustedSchema: true })
})
