import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { findMount } from '../../src/main/directory/mounts.ts'
import { factsOf } from '../../src/main/electron/held/owner-facts.ts'
import { english } from '../../src/main/electron/words/english.ts'
import { heldDetails, heldText } from '../../src/main/electron/words/held-text.ts'
import { parseReply } from '../../src/main/handoff/messages/parse-reply.ts'
import { DataDirLockedError } from '../../src/main/lock/errors.ts'
import { type OwnerRecord, parseOwnerRecord } from '../../src/main/owner/owner-record.ts'
import { readOwner } from '../../src/main/owner/owner-record-file.ts'
import { openPlainDatabase } from '../sqlite/plain-database.ts'
import { skip } from '../support/skip.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { runCli } from './run-cli.ts'

// ESC, BEL, CR, LF, CSI in one letter, right-to-left override, line and paragraph separator, a tag beyond U+FFFF.
const evilLetters = ['\u001b]0;', '\u0007', '\r', '\n', '\u009b2J', '\u202e', '\u2028', '\u2029', '\u{e0041}']
const evil = `A${evilLetters.join('')}Z`
/** Nothing of the categories C and Z but spaces. */
const harmless = /^[^\p{C}\p{Zl}\p{Zp}]*$/u

const textFields = [
  'version',
  'app',
  'host',
  'boot_id',
  'exec_path',
  'endpoint',
  'token',
  'started_at',
] as const

test.each(textFields)(
  'control characters in %s of a record do not reach a terminal, a dialog or the clipboard',
  (field) => {
    for (const letter of evilLetters) {
      const text = field === 'started_at' ? `Tue Mar 1 2022 (${letter})` : `x${letter}y`
      const read = parseOwnerRecord(JSON.stringify({ pid: 42, [field]: text }))
      if (field === 'endpoint' || field === 'token') {
        // An address with another letter would be another address.
        expect(read?.[field]).toBe(/\p{Cc}/u.test(letter) ? undefined : text)
      } else expect(read?.[field]).toMatch(/^[^\p{C}\p{Zl}\p{Zp}]+$/u)
    }
  },
)

test('text that is longer than a line of a dialog is cut, and joiners stay', () => {
  const read = parseOwnerRecord(JSON.stringify({ pid: 42, app: '𝔸'.repeat(900), version: 'می\u200cخواهم' }))
  expect([...(read?.app ?? '')]).toHaveLength(100)
  expect(read?.app).toMatch(/^𝔸{99}…$/u)
  expect(read?.version).toBe('می\u200cخواهم')
})

test('control characters in a reply of the hand-off and in the source of a mount do not reach a terminal or a dialog', () => {
  const status = { state: 'ready', silentFor: 0, pid: 1, app: evil, version: evil }
  for (const message of [
    { type: 'refused', code: 'failed', reason: evil },
    { type: 'status', status },
  ]) {
    const reply = parseReply(JSON.stringify({ v: 1, ...message }))
    const { reason = '', status: { app = '', version = '' } = {} } = reply as unknown as Record<string, never>
    expect(`${reason}${app}${version}`).toMatch(/^A.+Z$/)
    expect(`${reason}${app}${version}`).toMatch(harmless)
  }
  const line = '36 35 98:0 / /mnt rw - fuse.\\033x host\\033]0;\\012\\033x rw'
  expect(findMount(line, '36')).toMatchObject({ type: 'fuse.?x', source: 'host?]0;??x' })
})

/** What the dialog and the clipboard say of a held directory. */
function dialogOf(error: DataDirLockedError) {
  const facts = factsOf(error, 'Notes')
  const kinds = ['answering', 'no-server', 'starting'] as const
  const texts = kinds.map((kind) => heldText({ kind }, facts, { words: english }, { refused: 'no' }))
  return texts.flatMap((text) => [text.message, ...text.buttons.map(({ label }) => label), heldDetails(text)])
}

test('a record with line breaks in every field adds no line to the dialog or the clipboard', () => {
  const dir = temporaryDirectory()
  const record = Object.fromEntries(textFields.map((field) => [field, evil]))
  writeFileSync(join(dir, 'app.lock'), JSON.stringify({ pid: 42, ...record }))
  const plain: OwnerRecord = { pid: 42, app: 'A', version: 'A', host: 'A', exec_path: 'A' }
  for (const foreign of ['host', 'pid-namespace'] as const) {
    const shown = dialogOf(new DataDirLockedError(dir, readOwner(dir), undefined, foreign))
    const usual = dialogOf(new DataDirLockedError(dir, plain, undefined, foreign))
    expect(shown.join('').replaceAll('\n', '')).toMatch(harmless)
    expect(shown.map((text) => text.split('\n').length)).toEqual(usual.map((text) => text.split('\n').length))
  }
})

test('control characters in the name, the arguments and the record of a holder do not reach the terminal', async (ctx) => {
  if (process.platform !== 'linux') skip(ctx, 'only Linux names the holder of a lock')
  const dir = temporaryDirectory()
  const lockPath = join(dir, 'app.lock')
  const flock = join(temporaryDirectory(), `${evilLetters.slice(0, 5).join('')}x`)
  symlinkSync('/usr/bin/flock', flock)
  const child = spawn(flock, [lockPath, 'sh', '-c', 'echo held; exec cat', evil], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  // Its command holds the inherited lock too, and ends with its standard input.
  onTestFinished(() => {
    child.stdin.destroy()
  })
  await once(child.stdout, 'data')
  const record = Object.fromEntries(textFields.map((field) => [field, evil]))
  writeFileSync(lockPath, JSON.stringify({ ...record, pid: child.pid, started_at: `2022-03-01 (${evil})` }))
  const runs = await Promise.all([
    runCli('status', dir),
    runCli('status', dir, '--json'),
    runCli('wait', dir, '--timeout', '0'),
    runCli('exec', dir, '--', 'true'),
    runCli('backup', dir, join(dir, 'copy')),
  ])
  for (const { stdout, stderr } of runs) expect((stdout + stderr).replaceAll('\n', '')).toMatch(harmless)
  expect(runs[0]?.stdout.split('\n').map((line) => line.split(':')[0])).toEqual([
    'held',
    '  holder',
    '  command',
    '  record',
    '  filesystem',
    '',
  ])
  expect(JSON.parse(runs[1]?.stdout ?? '').holder.program).toContain('?]0;')
})

test('control characters in the name of a folder are replaced, and escaped in JSON', async () => {
  const dir = join(temporaryDirectory(), evil)
  const { stdout } = await runCli('status', dir)
  expect(stdout.trimEnd()).toMatch(harmless)
  const json = (await runCli('status', dir, '--json')).stdout.trimEnd()
  expect(json).toMatch(harmless)
  expect(JSON.parse(json).dir).toBe(dir)
})

test('a warning about a folder has no control characters of its name', async (ctx) => {
  if (process.platform !== 'linux') skip(ctx, 'other systems have no such names')
  const parent = temporaryDirectory()
  const dir = join(parent, evil)
  mkdirSync(dir)
  openPlainDatabase(join(dir, 'app.db')).connection.exec('create table line (text)')
  chmodSync(dir, 0o777)
  for (const words of [
    ['backup', dir, join(parent, 'copy.db')],
    ['exec', dir, '--', 'true'],
  ]) {
    const { code, stderr } = await runCli(...words)
    expect(code).toBe(0)
    expect(stderr).toMatch(/^electron-datadir: .+ can be written by other users .+\n$/)
    expect(stderr.trimEnd()).toMatch(harmless)
  }
})
