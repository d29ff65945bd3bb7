import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { DataDirUnusableError } from '../../src/main/directory/errors.ts'
import { acquireDataDirLock, type DataDirLock, type LockOptions } from '../../src/main/lock/data-dir-lock.ts'
import { DataDirLockedError } from '../../src/main/lock/errors.ts'
import { readOwner } from '../../src/main/owner/owner-record-file.ts'
import { InvalidOptionError } from '../../src/shared/data-dir-error.ts'
import { isFree, startFlockCommand, startHolder, startHolderThatCannotWrite } from '../support/processes.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { thrownBy } from '../support/thrown-by.ts'

function acquire(options: LockOptions): DataDirLock {
  const lock = acquireDataDirLock(options)
  onTestFinished(() => lock.release())
  return lock
}

test('fails when another process holds the lock, and names it', async () => {
  const dir = temporaryDirectory()
  const holder = await startHolder({ dir, app: 'Notes', version: '1.2.3' })
  const error = await thrownBy(DataDirLockedError, () => acquire({ dir }))
  expect(error.code).toBe('ERR_DATADIR_LOCKED')
  expect(error.message).toContain('data directory already in use')
  expect(error.message).toContain(`pid ${holder.pid}, version 1.2.3, started 20`)
  expect(error.owner).toMatchObject({ pid: holder.pid, app: 'Notes', version: '1.2.3' })
})

test('succeeds after the other process released', async () => {
  const dir = temporaryDirectory()
  const holder = await startHolder({ dir })
  expect(() => acquire({ dir })).toThrow(DataDirLockedError)
  await holder.finish()
  expect(acquire({ dir }).owner.pid).toBe(process.pid)
})

test('succeeds at once after the other process was killed', async () => {
  const dir = temporaryDirectory()
  const holder = await startHolder({ dir })
  await holder.kill('SIGKILL')
  expect(acquire({ dir }).owner.pid).toBe(process.pid)
})

test('keeps others out until the last reference is released', async () => {
  const dir = temporaryDirectory()
  const [first, second] = [acquire({ dir }), acquire({ dir })]
  first.release()
  first.release()
  expect((await startHolder({ dir })).said).toBe('ERR_DATADIR_LOCKED')
  second.release()
  expect((await startHolder({ dir })).said).toBe('held')
})

test('names the flock command as holder, which wrote no record', async () => {
  const dir = temporaryDirectory()
  const holder = await startFlockCommand(join(dir, 'app.lock'))
  const error = await thrownBy(DataDirLockedError, () => acquire({ dir }))
  expect(error.owner).toBeUndefined()
  expect(error.holder).toMatchObject({ pid: holder.pid })
  expect(error.message).toContain(`(pid ${holder.pid}, program sleep)`)
})

test('does not take the record of a killed owner for the present holder', async () => {
  const dir = temporaryDirectory()
  const killed = await startHolder({ dir })
  await killed.kill('SIGKILL')
  expect(readOwner(dir)?.pid).toBe(killed.pid)
  const holder = await startFlockCommand(join(dir, 'app.lock'))
  const error = await thrownBy(DataDirLockedError, () => acquire({ dir }))
  expect(error.owner).toBeUndefined()
  expect(error.pid).toBe(holder.pid)
})

test('creates the directory with mode 0700 and the lock file with 0600', () => {
  const dir = join(temporaryDirectory(), 'not', 'yet', 'there')
  acquire({ dir, name: 'notes' })
  expect(statSync(dir).mode & 0o777).toBe(0o700)
  expect(statSync(join(dir, 'notes.lock')).mode & 0o777).toBe(0o600)
})

test('refuses a second owner after the lock file was replaced', async () => {
  const dir = temporaryDirectory()
  acquire({ dir })
  writeFileSync(join(dir, 'other'), '')
  renameSync(join(dir, 'other'), join(dir, 'app.lock'))
  expect((await startHolder({ dir })).said).toBe('ERR_DATADIR_LOCKED')
})

test('never unlinks the lock file, and blanks the record on release', () => {
  const dir = temporaryDirectory()
  const lock = acquire({ dir })
  const { ino } = statSync(join(dir, 'app.lock'))
  expect(readOwner(dir)?.pid).toBe(process.pid)
  lock.release()
  expect(statSync(join(dir, 'app.lock')).ino).toBe(ino)
  expect(readOwner(dir)).toBeUndefined()
  expect(isFree(join(dir, 'app.lock'))).toBe(true)
})

test('keeps the record at one size, whatever is published', () => {
  const dir = temporaryDirectory()
  const lock = acquire({ dir, app: 'Notes' })
  lock.publish({ state: 'ready', endpoint: '/run/notes.sock' })
  const text = readFileSync(join(dir, 'app.lock'), 'utf8')
  expect(text).toHaveLength(4096)
  expect(JSON.parse(text)).toMatchObject({ pid: process.pid, state: 'ready', endpoint: '/run/notes.sock' })
})

test('holds the lock if the record cannot be written', async () => {
  const dir = temporaryDirectory()
  const holder = await startHolderThatCannotWrite({ dir })
  expect(holder.said).toBe('held')
  expect(readOwner(dir)).toBeUndefined()
  const error = await thrownBy(DataDirLockedError, () => acquire({ dir }))
  expect(error.pid).toBe(holder.pid)
})

test('holds two names in one directory at once', async () => {
  const dir = temporaryDirectory()
  const first = acquire({ dir, name: 'one' })
  acquire({ dir, name: 'two' })
  first.release()
  expect((await startHolder({ dir, name: 'one' })).said).toBe('ERR_DATADIR_LOCKED')
})

test('says that a file is in the way of the directory', async () => {
  const path = join(temporaryDirectory(), 'file')
  writeFileSync(path, 'data')
  const error = await thrownBy(DataDirUnusableError, () => acquire({ dir: path }))
  expect(error).toMatchObject({ reason: 'not-a-directory', path })
  expect(error.message).toContain(path)
  expect(readFileSync(path, 'utf8')).toBe('data')
})

test.each(['', '../up', 'a/b', '1st', 'x'.repeat(33)])('refuses the name %j', (name) => {
  const dir = join(temporaryDirectory(), 'data')
  expect(() => acquire({ dir, name })).toThrow(InvalidOptionError)
  expect(existsSync(dir)).toBe(false)
})
