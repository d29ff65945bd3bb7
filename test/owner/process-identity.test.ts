import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { expect, test } from 'vitest'
import type { Holder } from '../../src/main/owner/holder.ts'
import type { OwnerRecord } from '../../src/main/owner/owner-record.ts'
import { readOwner } from '../../src/main/owner/owner-record-file.ts'
import { identityOf, isSameProcess, ownIdentity } from '../../src/main/owner/process-identity.ts'
import { parseProcessStat } from '../../src/main/owner/process-stat.ts'
import { runCli } from '../cli/run-cli.ts'
import { holdOrExplain, runLockScript } from '../support/lock-script.ts'
import { missingUnshare } from '../support/missing-unshare.ts'
import { startHolder } from '../support/processes.ts'
import { skip } from '../support/skip.ts'
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

test.for([
  ['an owner in a time namespace, from outside', true],
  ['an owner outside, from a time namespace', false],
] as const)('%s, is known by the start that it wrote', async ([, isOwnerInside], ctx) => {
  const unshare = ['unshare', '--time', '--boottime', '100000', '--fork', '--kill-child']
  const missing = missingUnshare(...unshare.slice(1))
  if (missing) return skip(ctx, missing)
  const dir = temporaryDirectory()
  const owner = await runLockScript(dir, holdOrExplain, isOwnerInside ? unshare : [])
  const { said } = await runLockScript(
    dir,
    `import { isSameProcess } from ${JSON.stringify(new URL('../../dist/main/owner/process-identity.js', import.meta.url))}
     import { readOwner } from ${JSON.stringify(new URL('../../dist/main/owner/owner-record-file.js', import.meta.url))}
     const isSame = isSameProcess(readOwner(dir))
     try { acquireDataDirLock({ dir }) } catch ({ pid, owner, holder }) { say({ pid, owner, holder, isSame }) }`,
    isOwnerInside ? [] : unshare,
  )
  const { pid } = owner.said
  expect(said).toMatchObject({ owner: { pid, app: 'Notes' }, holder: { pid, hasLock: true }, isSame: true })
  const { startedAt } = said.holder as Holder
  expect(Math.abs(Date.parse(startedAt ?? '') - Date.now())).toBeLessThan(600_000)
  if (isOwnerInside) expect((await runCli('status', dir)).stdout).toMatch(/\n {2}record: Notes, PID /)
})

test('a process that does not exist has no identity', () => {
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
