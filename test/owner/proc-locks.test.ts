import { readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import { findRecordLockHolder } from '../../src/main/owner/holder.ts'
import { findFlockPids, findRecordLockPid } from '../../src/main/owner/proc-locks.ts'
import { runLockScript } from '../support/lock-script.ts'
import { skip } from '../support/skip.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const recordLocks = `1: FLOCK  ADVISORY  WRITE 10 08:01:131 0 EOF
2: POSIX  ADVISORY  READ  11 08:01:131 1073741826 1073742335
2: -> POSIX  ADVISORY  WRITE 12 08:01:131 1073741824 1073741824
3: POSIX  ADVISORY  WRITE 13 08:01:131 120 120
4: POSIX  ADVISORY  WRITE 14 08:1a:7 0 EOF
5: OFDLCK ADVISORY  WRITE -1 08:01:9 0 EOF
6: POSIX  ADVISORY  WRITE 0 08:01:9 0 EOF
`

test.each([
  ['a writer comes before a reader', '8:1:131', 1, 13],
  ['this process does not count', '8:1:131', 13, 11],
  ['the device is hexadecimal', '8:26:7', 1, 14],
  ['another inode has no holder', '8:1:132', 1, undefined],
  ['a process without a PID is not named', '8:1:9', 1, undefined],
] as const)('in the text of /proc/locks, %s', (_, file, own, pid) => {
  expect(findRecordLockPid(recordLocks, [file], own)).toBe(pid)
})

test('the holder of a record lock is found, and this process keeps its locks', async (ctx) => {
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

const flocks = `1: POSIX  ADVISORY  WRITE 900 08:01:131 1073741826 1073742335
2: FLOCK  ADVISORY  READ  901 08:01:133 0 EOF
2: FLOCK  ADVISORY  READ  905 08:01:133 0 EOF
3: FLOCK  ADVISORY  WRITE 902 fe:0a:131 0 EOF
3: -> FLOCK  ADVISORY  WRITE 903 08:01:131 0 EOF
4: FLOCK  ADVISORY  WRITE 904 08:01:131 0 EOF
`

test('finds the flock on an inode of a device, exclusive or shared', () => {
  expect(findFlockPids(flocks, '8:1:131')).toEqual([904])
  expect(findFlockPids(flocks, '254:10:131')).toEqual([902])
  expect(findFlockPids(flocks, '8:1:133')).toEqual([901, 905])
})

test('finds no flock on another inode, in an empty file or in other text', () => {
  expect(findFlockPids(flocks, '8:1:132')).toEqual([])
  expect(findFlockPids('', '8:1:131')).toEqual([])
  expect(findFlockPids('4: FLOCK ADVISORY WRITE x y:z:w 0 EOF', '8:1:131')).toEqual([])
})
