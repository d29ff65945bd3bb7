import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { isGoodBackup } from '../../../src/main/sqlite/backup/check-backup.ts'
import { startCli } from '../../cli/run-cli.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { openPlainDatabase } from '../plain-database.ts'

const rounds = 8

/** 40 MB: long enough in the making to be killed in the middle. */
function filled() {
  const dir = temporaryDirectory()
  const path = join(dir, 'app.db')
  const { connection } = openPlainDatabase(path)
  connection.exec('create table line (id integer primary key, text)')
  const insert = connection.prepare('insert into line (text) values (?)')
  connection.transaction(() => {
    for (let n = 0; n < 10_000; n++) insert.run('x'.repeat(4000))
  })()
  connection.close()
  return { dir, path }
}

test('if the process that makes a backup is killed at any time, the file at its path is whole or missing', async () => {
  const { dir, path } = filled()
  const folder = join(temporaryDirectory(), 'backups')
  mkdirSync(folder)
  const to = join(folder, 'copy.db')
  const seen = { partial: 0, whole: 0 }
  for (let round = 0; round < rounds; round++) {
    const before = readdirSync(folder).length
    const cli = startCli(['backup', dir, to])
    let isOver = false
    const ended = cli.outcome.finally(() => {
      isOver = true
    })
    // Some rounds are killed as soon as there is a partial file, some into it, some after the end.
    while (readdirSync(folder).length === before && !isOver) await sleep(1)
    await sleep(round * 25)
    cli.kill('SIGKILL')
    await ended
    if (existsSync(to)) expect(isGoodBackup(to)).toBe(true)
    seen[readdirSync(folder).length > before ? 'partial' : 'whole']++
  }
  expect(seen.partial).toBeGreaterThan(0)
  const { connection } = openPlainDatabase(path)
  expect(connection.pragma('integrity_check', { simple: true })).toBe('ok')
})
