import { existsSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { overwritePages } from '../sqlite/damaged-pages.ts'
import { openPlainDatabase } from '../sqlite/plain-database.ts'
import { isFree, startFlockCommand, startHolder } from '../support/processes.ts'
import { skip } from '../support/skip.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { runCli, startCli } from './run-cli.ts'

/** A data directory with a database whose last row is still in its log. */
function filled() {
  const dir = temporaryDirectory()
  const { connection } = openPlainDatabase(join(dir, 'app.db'))
  connection.exec("create table line (text); insert into line values ('kept')")
  return { dir, connection, to: join(temporaryDirectory(), 'copy.db') }
}

const linesOf = (path: string) =>
  openPlainDatabase(path).connection.prepare('select text from line').pluck().all()

test('the database of a free directory is backed up, and the lock is free afterwards', async () => {
  const { dir, connection, to } = filled()
  connection.close()
  expect(await runCli('backup', dir, to)).toMatchObject({ code: 0, stdout: `${to}\n`, stderr: '' })
  expect(linesOf(to)).toEqual(['kept'])
  expect(isFree(join(dir, 'app.lock'))).toBe(true)
  expect(readdirSync(dir).sort()).toEqual(['app.db', 'app.lock'])
})

test('the database of a running app is backed up, and stderr says that it is in use', async () => {
  const { dir, connection, to } = filled()
  const holder = await startHolder({ dir })
  const { code, stderr } = await runCli('backup', dir, to)
  expect(code).toBe(0)
  expect(stderr).toBe(
    `electron-datadir: ${dir} is held by PID ${holder.pid}; its database is read while it is in use\n`,
  )
  expect(linesOf(to)).toEqual(['kept'])
  connection.exec("insert into line values ('after')")
})

test('a write that is not committed is not in the backup, and can still be committed', async () => {
  const { dir, connection, to } = filled()
  await startFlockCommand(join(dir, 'app.lock'))
  connection.exec("begin immediate; insert into line values ('half')")
  expect((await runCli('backup', dir, to)).code).toBe(0)
  connection.exec('commit')
  expect(linesOf(to)).toEqual(['kept'])
})

test('if another program keeps the database locked, backup gives up soon and names the program', async (ctx) => {
  if (process.platform !== 'linux') skip(ctx, 'only Linux names the process that holds a record lock')
  const { dir, connection, to } = filled()
  connection.exec('pragma journal_mode = delete; begin exclusive')
  const { code, stderr } = await runCli('backup', dir, to)
  expect(code).toBe(69)
  expect(stderr).toContain('the database is locked by ')
  expect(stderr).toContain(`(PID ${process.pid})`)
  expect(existsSync(to)).toBe(false)
})

test('for a directory without a database, backup says so and creates nothing', async () => {
  const dir = join(temporaryDirectory(), 'missing')
  const { code, stderr } = await runCli('backup', dir, join(temporaryDirectory(), 'copy.db'))
  expect(code).toBe(69)
  expect(stderr).toContain(`${join(dir, 'app.db')} cannot be opened`)
  expect(existsSync(dir)).toBe(false)
})

test('an empty file is a database without a table, and so is its backup', async () => {
  const dir = temporaryDirectory()
  writeFileSync(join(dir, 'app.db'), '')
  const to = join(temporaryDirectory(), 'copy.db')
  const cli = startCli(['backup', dir, to])
  // Ctrl-C would not end one that tries again and again.
  const watchdog = setTimeout(() => cli.kill('SIGKILL'), 30_000)
  expect(await cli.outcome).toMatchObject({ code: 0, stdout: `${to}\n`, stderr: '' })
  clearTimeout(watchdog)
  const { connection } = openPlainDatabase(to)
  expect(connection.prepare('select * from sqlite_master').all()).toEqual([])
})

test('a file that is no database gives no backup', async () => {
  const dir = temporaryDirectory()
  writeFileSync(join(dir, 'notes.db'), 'a shopping list that is longer than a header '.repeat(9))
  const to = join(dir, 'copy.db')
  const { code, stderr } = await runCli('backup', dir, to, '--name', 'notes')
  expect(code).toBe(69)
  expect(stderr).toContain('is not a database')
  expect(existsSync(to)).toBe(false)
})

test('a database of which only an index is damaged is backed up with a warning', async () => {
  const { dir, connection, to } = filled()
  connection.exec('create index line_text on line (text)')
  connection.close()
  overwritePages(join(dir, 'app.db'), 'line_text', 'all')
  expect(await runCli('backup', dir, to)).toMatchObject({
    code: 0,
    stdout: `${to}\n`,
    stderr: `electron-datadir: an index in ${join(dir, 'app.db')} is damaged, and in the backup too; every row is in the backup\n`,
  })
})

test('a command line without a target, or with one operand too many, is a usage error', async () => {
  const dir = temporaryDirectory()
  for (const [args, words] of [
    [[], 'no data directory given'],
    [[dir], 'no path given for the backup'],
    [[dir, 'a', 'b'], 'one data directory at a time'],
  ] as const) {
    const { code, stderr } = await runCli('backup', ...args)
    expect(code).toBe(64)
    expect(stderr).toContain(words)
  }
})

/** A backup of 100 MB that has begun. */
async function startLongBackup() {
  const { dir, connection, to } = filled()
  const insert = connection.prepare('insert into line values (?)')
  connection.transaction(() => {
    for (let n = 0; n < 50_000; n++) insert.run('x'.repeat(2000))
  })()
  connection.close()
  const cli = startCli(['backup', dir, to])
  const folder = join(to, '..')
  while (!readdirSync(folder).some((name) => name.includes('partial'))) await sleep(5)
  return { dir, cli, folder }
}

test('after Ctrl-C, no part of a backup is left', async () => {
  const { dir, cli, folder } = await startLongBackup()
  cli.kill('SIGINT')
  const { code, stderr } = await cli.outcome
  expect([code, stderr]).toEqual([69, expect.stringContaining('it was canceled')])
  expect(readdirSync(folder)).toEqual([])
  expect(isFree(join(dir, 'app.lock'))).toBe(true)
})

test('a backup whose lock is lost is canceled, says so and leaves nothing behind', async () => {
  const { dir, cli, folder } = await startLongBackup()
  // Stopped, so that it has not finished when it next looks at its lock file.
  cli.kill('SIGSTOP')
  renameSync(dir, `${dir}.moved`)
  onTestFinished(() => renameSync(`${dir}.moved`, dir))
  await sleep(1100)
  cli.kill('SIGCONT')
  const { code, stderr } = await cli.outcome
  expect(stderr).toContain('is gone together with its directory')
  expect(code).toBe(69)
  expect(readdirSync(folder)).toEqual([])
})

test('a target below a file gives 69, not a bug report', async () => {
  const { dir, to } = filled()
  writeFileSync(to, '')
  const { code, stderr } = await runCli('backup', dir, join(to, 'copy.db'))
  expect(code).toBe(69)
  expect(stderr).toMatch(/^electron-datadir: .*ENOTDIR.*\n$/)
})
