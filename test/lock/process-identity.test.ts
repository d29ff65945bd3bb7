import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { expect, test } from 'vitest'
import type { OwnerRecord } from '../../src/main/lock/owner-record.ts'
import { identityOf, isSameProcess, ownIdentity } from '../../src/main/lock/process-identity.ts'
import { parseProcessStat } from '../../src/main/lock/process-stat.ts'
import { readOwner } from '../../src/main/lock/read-owner.ts'
import { startHolder } from '../support/processes.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const onLinux = test.runIf(process.platform === 'linux')

onLinux('this process is on this host, of this boot, and looks the same from outside', () => {
  const { host, exec_path, ...identity } = ownIdentity()
  expect({ host, exec_path }).toEqual({ host: hostname(), exec_path: process.execPath })
  expect(identity.boot_id).toBe(readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim())
  expect(identityOf(process.pid)).toEqual(identity)
})

onLinux('the writer of a record is known again, until it has ended', async () => {
  const dir = temporaryDirectory()
  const holder = await startHolder({ dir })
  const record = readOwner(dir)
  expect(record).toMatchObject(identityOf(holder.pid) ?? { pid: 'nobody' })
  expect(record && isSameProcess(record)).toBe(true)
  await holder.kill('SIGKILL')
  expect(record && isSameProcess(record)).toBe(false)
})

onLinux.each([
  ['another boot', { boot_id: 'another' }],
  ['another PID namespace', { pid_ns: 1 }],
  ['another start', { start_ticks: 1 }],
  ['no boot', { boot_id: undefined }],
  ['no PID namespace', { pid_ns: undefined }],
  ['no start', { start_ticks: undefined }],
])('a living process is not the writer of a record with %s', (_what, difference) => {
  const record = Object.entries({ ...ownIdentity(), ...difference }).filter(
    ([, value]) => value !== undefined,
  )
  expect(isSameProcess(ownIdentity())).toBe(true)
  expect(isSameProcess(Object.fromEntries(record) as unknown as OwnerRecord)).toBe(false)
})

test('no process has no identity', () => {
  expect(identityOf(4_194_305)).toBeUndefined()
  expect(isSameProcess({ pid: process.pid })).toBe(false)
})

test('a program’s name may have spaces and parentheses', () => {
  const rest = `1 ${'0 '.repeat(17)}4711 0 0`
  const expected = { program: 'a) b (c', startTicks: 4711 }
  expect(parseProcessStat(`42 (a) b (c) S ${rest}`)).toEqual({ ...expected, hasEnded: false })
  expect(parseProcessStat(`42 (a) b (c) Z ${rest}`)).toEqual({ ...expected, hasEnded: true })
})

test.each(['', '42', '42 (name', '42 (name) S 1', `42 (name) S ${'x '.repeat(40)}`])(
  'a line %j names no process',
  (line) => {
    expect(parseProcessStat(line)).toBeUndefined()
  },
)
