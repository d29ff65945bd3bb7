import { chmodSync, chownSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, type TestContext, test } from 'vitest'
import { isPrivateFolder, makePrivateFolder } from '../../../src/main/handoff/endpoint/private-folder.ts'
import { skip } from '../../support/skip.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const stranger = 60_009

/** A folder in a folder, both for this user alone. */
function folders(ctx: TestContext): { parent: string; folder: string } {
  if (process.platform === 'win32') return skip(ctx, 'Windows has no such permissions')
  const parent = temporaryDirectory()
  const folder = join(parent, 'folder')
  mkdirSync(folder, { mode: 0o700 })
  return { parent, folder }
}

test('a folder that only its user can write, under the temporary directory, is private', (ctx) => {
  const { parent, folder } = folders(ctx)
  expect(isPrivateFolder(folder)).toBe(true)
  chmodSync(folder, 0o755)
  chmodSync(parent, 0o755)
  expect(isPrivateFolder(folder)).toBe(true)
})

test.for(['770', '707', '720', '702', '1777'])('a folder of mode %s is not private', (mode, ctx) => {
  const { folder } = folders(ctx)
  chmodSync(folder, Number.parseInt(mode, 8))
  expect(isPrivateFolder(folder)).toBe(false)
})

test('a parent that others can write makes a folder not private, unless it is sticky', (ctx) => {
  const { parent, folder } = folders(ctx)
  chmodSync(parent, 0o775)
  expect(isPrivateFolder(folder)).toBe(false)
  chmodSync(parent, 0o1777)
  expect(isPrivateFolder(folder)).toBe(true)
})

test('a folder or a parent of another user is not private', (ctx) => {
  if (process.geteuid?.() !== 0) return skip(ctx, 'giving a folder away takes root')
  const { parent, folder } = folders(ctx)
  chownSync(parent, stranger, stranger)
  expect(isPrivateFolder(folder)).toBe(false)
  chownSync(parent, 0, 0)
  chownSync(folder, stranger, stranger)
  expect(isPrivateFolder(folder)).toBe(false)
})

test('a symbolic link on the way makes a folder not private', (ctx) => {
  const { parent, folder } = folders(ctx)
  mkdirSync(join(folder, 'inner'), { mode: 0o700 })
  symlinkSync(folder, join(parent, 'link'))
  expect(isPrivateFolder(join(parent, 'link'))).toBe(false)
  expect(isPrivateFolder(join(parent, 'link', 'inner'))).toBe(false)
})

test('a folder is made for this user alone, and one that is there already has to be that', (ctx) => {
  const { parent, folder } = folders(ctx)
  const made = join(parent, 'made')
  makePrivateFolder(made)
  makePrivateFolder(made)
  expect(isPrivateFolder(made)).toBe(true)
  chmodSync(folder, 0o755)
  expect(() => makePrivateFolder(folder)).toThrow('is not for this user alone')
  writeFileSync(join(parent, 'file'), '', { mode: 0o700 })
  expect(() => makePrivateFolder(join(parent, 'file'))).toThrow('is not for this user alone')
  symlinkSync(made, join(parent, 'link'))
  expect(() => makePrivateFolder(join(parent, 'link'))).toThrow('is not for this user alone')
})

test('a folder that is made in vain is removed again', (ctx) => {
  const { parent } = folders(ctx)
  chmodSync(parent, 0o777)
  expect(() => makePrivateFolder(join(parent, 'made'))).toThrow('is not for this user alone')
  expect(existsSync(join(parent, 'made'))).toBe(false)
})
