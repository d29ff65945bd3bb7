import { readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import { fileKey, findRecordLockHolder, findRecordLockPid } from '../../src/main/owner/record-lock-holder.ts'
import { runLockScript } from '../support/lock-script.ts'
import { skip } from '../support/skip.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const locks = `1: FLOCK  ADVISORY  WRITE 10 08:01:131 0 EOF
2: POSIX  ADVISORY  READ  11 08:01:131 1073741826 1073742335
2: -> POSIX  ADVISORY  WRITE 12 08:01:131 1073741824 1073741824
3: POSIX  ADVISORY  WRITE 13 08:01:131 120 120
4: POSIX  ADVISORY  WRITE 14 08:1a:7 0 EOF
5: OFDLCK ADVISORY  WRITE -1 08:01:9 0 EOF
6: POSIX  ADVISORY  WRITE 0 08:01:9 0 EOF
`

test.each([
  ['a writer comes before a reader', [8n, 1n, 131n], 1, 13],
  ['this process is passed over', [8n, 1n, 131n], 13, 11],
  ['the device is hexadecimal', [8n, 26n, 7n], 1, 14],
  ['another inode', [8n, 1n, 132n], 1, undefined],
  ['a process without a PID', [8n, 1n, 9n], 1, undefined],
] as const)('the text of /proc/locks: %s', (_, [major, minor, inode], own, pid) => {
  expect(findRecordLockPid(locks, new Set([fileKey(major, minor, inode)]), own)).toBe(pid)
})

test('the holder of a record lock is found, and no lock of this process falls', async (ctx) => {
  if (process.platform !== 'linux') skip(ctx, '/proc/locks is Linux’s')
  const dir = temporaryDirectory()
  const path = join(dir, 'app.db')
  const own = new SqliteDatabase(path)
  onTestFinished(() => void own.close())
  own.exec('pragma journal_mode = wal; create table note (id)')
  own.exec('begin; select * from note')
  const { pid } = await runLockScript(
    dir,
    `
    import { createRequire } from 'node:module'
    const Database = createRequire(${JSON.stringify(resolve('package.json'))})('better-sqlite3')
    const db = new Database(dir + '/app.db')
    db.exec('begin immediate')
    process.stdin.resume()
    say({})`,
  )
  const ownLocks = () => {
    const inodes = [path, `${path}-shm`].map((file) => `:${statSync(file).ino} `)
    return readFileSync('/proc/locks', 'utf8')
      .split('\n')
      .filter((line) => line.includes(` ${process.pid} `) && inodes.some((inode) => line.includes(inode)))
      .map((line) => line.replace(/^\d+: /, ''))
      .sort()
  }
  const before = ownLocks()
  expect(before).not.toEqual([])
  expect(findRecordLockHolder([path, `${path}-shm`])?.pid).toBe(pid)
  expect(ownLocks()).toEqual(before)
})

test('a file without locks and a missing file have no holder', () => {
  const path = join(temporaryDirectory(), 'app.db')
  expect(findRecordLockHolder([path])).toBeUndefined()
  const own = new SqliteDatabase(path)
  onTestFinished(() => void own.close())
  own.exec('create table note (id); begin immediate')
  expect(findRecordLockHolder([path])).toBeUndefined()
})
