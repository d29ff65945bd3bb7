import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, readdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { listBackups } from '../../../src/main/sqlite/backup/backup-folder.ts'
import { isGoodBackup } from '../../../src/main/sqlite/backup/check-backup.ts'
import { backupFolderOf } from '../../../src/main/sqlite/files/backup-files.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { openPlainDatabase } from '../plain-database.ts'

const rounds = 10

function start(dir: string, version: 1 | 2) {
  const script = resolve(import.meta.dirname, 'migrating.mjs')
  const child = spawn(process.execPath, [script, dir, String(version)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() }
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

/** What the migrations made must have left, whichever was the last. */
function expectWhole(path: string): string {
  const { connection } = openPlainDatabase(path)
  const made = connection.prepare('select name from kysely_migration order by name').pluck().all() as string[]
  const last = made.at(-1) ?? ''
  const count = (where: string) =>
    connection.prepare(`select count(*) from line where ${where}`).pluck().get()
  const columns = connection.prepare("select name from pragma_table_info('line')").pluck().all()
  expect(count("text glob 'FIRST*'")).toBe(last === '001-line' ? 0 : last === '004-half' ? 1500 : 3000)
  expect(columns.includes('number')).toBe(last >= '003')
  if (last >= '003') expect(count('number is null')).toBe(0)
  expect(count('true')).toBe(last === '004-half' ? 1500 : 3000)
  expect(connection.pragma('integrity_check', { simple: true })).toBe('ok')
  connection.close()
  return last
}

test('if a process is killed at any time while it migrates, each migration is whole or undone', async () => {
  const dir = temporaryDirectory()
  const path = join(dir, 'app.db')
  const first = start(dir, 1)
  while ((await first.lines.next()).value !== 'open');
  await kill(first.child)
  openPlainDatabase(path).connection.close()
  const original = join(temporaryDirectory(), 'original.db')
  copyFileSync(path, original)

  const seen = new Map<string, number>()
  for (let round = 0; round < rounds; round++) {
    for (const name of ['app.db', 'app.db-wal', 'app.db-shm', 'app.db-checkpoint'])
      rmSync(join(dir, name), { force: true })
    copyFileSync(original, path)
    const { child, lines } = start(dir, 2)
    // From before the first migration, in the backup, to after the last.
    const awaited = [undefined, '002-upper', '003-number', '004-half', 'open'][round % 5]
    while (awaited && (await lines.next()).value !== awaited);
    await sleep(awaited ? round : 80 + round * 10)
    await kill(child)
    const last = expectWhole(path)
    seen.set(last, (seen.get(last) ?? 0) + 1)
    const backups = listBackups(path)
    expect(backups.length).toBeLessThanOrEqual(3)
    for (const backup of backups) {
      expect(isGoodBackup(backup.path)).toBe(true)
      expect(expectWhole(backup.path)).toBe('001-line')
    }
  }
  expect([...seen.keys()].length).toBeGreaterThan(1)

  const last = start(dir, 2)
  while ((await last.lines.next()).value !== 'open');
  expect(readdirSync(backupFolderOf(path)).filter((name) => name.includes('partial'))).toEqual([])
}, 120_000)
