import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, afterEach, describe, expect, onTestFinished, type TestContext, test } from 'vitest'
import { mountFilesystem } from '../../../chaos/filesystem.mjs'
import { listBackups } from '../../../src/main/sqlite/backup/backup-folder.ts'
import { isGoodBackup } from '../../../src/main/sqlite/backup/check-backup.ts'
import { connect, resetPools } from '../../../src/main/sqlite/pool.ts'
import { skip } from '../../support/skip.ts'
import { version1 as first, version2 as second } from '../migrations/line-migrations.ts'
import { dump, openPlainDatabase } from '../plain-database.ts'

afterEach(resetPools)

const mounts = new Map<string, ReturnType<typeof mountFilesystem>>()
const folder = mkdtempSync(join(tmpdir(), 'datadir-clone-'))

afterAll(() => {
  for (const mounted of mounts.values()) if ('close' in mounted) mounted.close()
  rmSync(folder, { recursive: true })
})

/** A new directory on such a filesystem, with the database of version 1. All tests share the filesystem. */
async function version1On(ctx: TestContext, name: 'btrfs' | 'xfs' | 'ext4'): Promise<string> {
  const mounted = mounts.get(name) ?? mountFilesystem(name, mkdtempSync(join(folder, name)))
  mounts.set(name, mounted)
  if ('missing' in mounted) skip(ctx, mounted.missing)
  const dir = mkdtempSync(join(mounted.dir, 'data-'))
  const pool = await connect({ dir, migrations: first, mode: 'inline' })
  await pool.close()
  return dir
}

/** @returns what happened, in the order of its first report. */
async function update(dir: string, mode: 'inline' | 'threads' = 'inline'): Promise<string[]> {
  const phases = new Set<string>()
  await connect({ dir, mode, migrations: second, onMigrationProgress: ({ phase }) => phases.add(phase) })
  return [...phases]
}

describe.each(['btrfs', 'xfs'] as const)('on %s', (name) => {
  test('the backup is a clone with the state from before the migrations, and takes no space', async (ctx) => {
    const dir = await version1On(ctx, name)
    const path = join(dir, 'app.db')
    const plain = openPlainDatabase(path).connection
    const before = dump(plain)
    plain.close()
    const free = () => statfsSync(dir).bavail * statfsSync(dir).bsize
    const freeBefore = free()
    expect(await update(dir, 'threads')).toEqual(['check', 'migrate'])
    const [backup] = listBackups(path)
    expect(statSync(backup?.path ?? '').size).toBeGreaterThan(10_000_000)
    expect(freeBefore - free()).toBeLessThan(4_000_000)
    expect(isGoodBackup(backup?.path ?? '')).toBe(true)
    expect(statSync(backup?.path ?? '').mode & 0o777).toBe(0o600)
    expect(readdirSync(join(dir, 'app.backups'))).toHaveLength(1)
    await resetPools()
    expect(dump(openPlainDatabase(backup?.path ?? '').connection)).toBe(before)
  })

  test('SQLite has its locks on the database afterwards', async (ctx) => {
    const dir = await version1On(ctx, name)
    expect(await update(dir)).toEqual(['check', 'migrate'])
    const { ino } = statSync(join(dir, 'app.db'))
    const own = readFileSync('/proc/locks', 'utf8').split('\n')
    const held = own.filter((line) => line.includes(` ${process.pid} `) && line.includes(`:${ino} `))
    expect(held).toHaveLength(1)
  })

  test('a database that another program has open is copied instead', async (ctx) => {
    const dir = await version1On(ctx, name)
    const other = openElsewhere(join(dir, 'app.db'))
    await other.ready
    expect(await update(dir)).toEqual(['backup', 'check', 'migrate'])
    expect(isGoodBackup(listBackups(join(dir, 'app.db'))[0]?.path ?? '')).toBe(true)
    expect(readdirSync(join(dir, 'app.backups'))).toHaveLength(1)
  })

  test('the clone is removed if the open fails before the backup', async (ctx) => {
    const dir = await version1On(ctx, name)
    const pool = await connect({ dir, migrations: second, mode: 'inline', keepBackups: 0 })
    await pool.close()
    const wrongOrder = { ...second, '001-between': { up: async () => undefined } }
    await expect(connect({ dir, migrations: wrongOrder })).rejects.toMatchObject({
      code: 'ERR_DATADIR_MIGRATION_ORDER',
    })
    expect(readdirSync(join(dir, 'app.backups'))).toEqual([])
  })
})

test('on ext4 the backup is copied', async (ctx) => {
  expect(await update(await version1On(ctx, 'ext4'))).toEqual(['backup', 'check', 'migrate'])
})

/** Another process that has read the database and does nothing more. */
function openElsewhere(path: string) {
  const code = `const connection = new (require('better-sqlite3'))(${JSON.stringify(path)})
    connection.prepare('select count(*) from line').get(); console.log('open'); setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  return { ready: once(createInterface({ input: child.stdout }), 'line') }
}
