import { expect, test } from 'vitest'
import type { Account, Answer } from '../../scripts/netfs/app.mjs'
import { failuresOf } from '../../scripts/netfs/expectations.mjs'
import type { Row } from '../../scripts/netfs/rows.mjs'
import type { Outcome } from '../../scripts/netfs/run-row.mjs'
import { markdownOf, textOf } from '../../scripts/netfs/table.mjs'

const owns: Answer = { owned: true, refused: undefined }

function refused(code: string, message = 'said why'): Answer {
  return { owned: false, refused: { code, message } }
}

const unsupported = refused('ERR_DATADIR_LOCK_UNSUPPORTED')
const locked = refused('ERR_DATADIR_LOCKED')

function account(plain: Answer, others: Partial<Account> = {}): Account {
  const nothing = { lost: undefined, writeFailed: undefined, longestGap: undefined }
  return { plain, strict: unsupported, steal: owns, warnings: [], acknowledged: 0, ...nothing, ...others }
}

const warned = (code: string) => ({ warnings: [{ code, message: 'said what' }] })

function outcome(
  expected: Row['expected'],
  { row, ...others }: Omit<Partial<Outcome>, 'row'> & { row?: Partial<Row> },
): Outcome {
  return {
    row: { id: 'row', title: 'A share', filesystem: 'NFS', mount: 'true', expected, ...row },
    first: account(owns),
    second: account(locked),
    noticedAfter: undefined,
    away: undefined,
    end: undefined,
    ...others,
  }
}

test('a mount whose locks are local passes only when both hosts are refused', () => {
  const both = { first: account(unsupported), second: account(unsupported) }
  expect(failuresOf(outcome('refused', both))).toEqual([])
  expect(failuresOf(outcome('refused', { ...both, second: account(owns) }))).toEqual([
    'the second host got the lock',
  ])
  expect(failuresOf(outcome('refused', { ...both, first: account(locked) }))).toEqual([
    'the first host got ERR_DATADIR_LOCKED',
  ])
})

test('a doubtful filesystem passes if the app warns about it, and refuses it if the app requires that', () => {
  const first = account(owns, warned('DATADIR_FUSE_FILESYSTEM'))
  expect(failuresOf(outcome('warned', { first }))).toEqual([])
  expect(failuresOf(outcome('warned', {}))).toHaveLength(1)
  expect(failuresOf(outcome('warned', { first, second: account(owns, { strict: owns }) }))).toEqual([
    "'refuse' gave the lock",
  ])
})

test('a removed lock file has to be noticed within ten seconds', () => {
  expect(failuresOf(outcome('one-owner', { noticedAfter: 9_999 }))).toEqual([])
  expect(failuresOf(outcome('one-owner', { noticedAfter: 10_001 }))).toHaveLength(1)
  expect(failuresOf(outcome('one-owner', {}))).toHaveLength(1)
  expect(failuresOf(outcome('one-owner', { noticedAfter: 1, second: account(owns) }))).toHaveLength(1)
})

test('the host that exports the directory has to be warned, whether it comes first or second', () => {
  const server = account(owns, warned('DATADIR_NFS_EXPORTED'))
  expect(failuresOf(outcome('exported', { second: server }))).toEqual([])
  expect(failuresOf(outcome('exported', { first: server }))).toHaveLength(1)
  expect(failuresOf(outcome('exported', { first: server, row: { bOwns: true } }))).toEqual([])
})

test('two owners, or a refusal without its own reason, are failures on any share', () => {
  expect(failuresOf(outcome('never-two', {}))).toEqual([])
  expect(failuresOf(outcome('never-two', { second: account(owns) }))).toEqual(['two owners'])
  const bare = account(
    refused('ERR_DATADIR_LOCK_UNSUPPORTED', 'the filesystem says EACCES, Permission denied'),
  )
  expect(failuresOf(outcome('never-two', { first: bare }))).toHaveLength(1)
})

test('while the server is away the owner is warned, keeps its lock and its main thread, and writes again', () => {
  const first = account(owns, { ...warned('DATADIR_NOT_CHECKED'), longestGap: 300 })
  const away = { wait: { code: 69, seconds: 12, usual: 4 }, writesAfter: 900 }
  const row = { unreachable: true }
  expect(failuresOf(outcome('one-owner', { row, first, away }))).toEqual([])
  const blocked = { ...first, longestGap: 29_000 }
  expect(failuresOf(outcome('one-owner', { row, first: blocked, away }))).toHaveLength(1)
  const hung = { wait: { code: 124, seconds: 120, usual: 4 }, writesAfter: undefined }
  expect(failuresOf(outcome('one-owner', { row, first, away: hung }))).toHaveLength(2)
})

test('the tables show the warnings of each host and what was lost', () => {
  const end = { missing: 63, of: 100, integrity: 'ok' }
  const shown = outcome('one-owner', { end, noticedAfter: 1_250 })
  expect(markdownOf([shown]).split('\n').at(-1)).toBe(
    '| A share | owns | ERR_DATADIR_LOCKED | ERR_DATADIR_LOCK_UNSUPPORTED | noticed after 1.3 s; the second: owns | 63 of 100 lost; database ok | yes |',
  )
  expect(textOf([shown])).toContain('| ERR_DATADIR_LOCKED: said why')
})
