// Two users share a data directory: mode 2770, and a group that both are in.
import { chmodSync, existsSync, lstatSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, type TestContext, test } from 'vitest'
import { acquireDataDirLock } from '../../src/main/lock/data-dir-lock.ts'
import { readOwner } from '../../src/main/owner/owner-record-file.ts'
import { directoryForUsers, startAs, type User } from '../support/other-user.ts'

const sharedGroup = 60_000
const users = (umask: number): { a: User; b: User } => ({
  a: { uid: 60_001, gid: 60_001, sharedGroup, umask },
  b: { uid: 60_002, gid: 60_002, sharedGroup, umask },
})

/** A folder of root that the group of two users may write, as an administrator creates it. */
const sharedDirectory = (ctx: TestContext, mode = 0o2770) =>
  directoryForUsers(ctx, mode, { gid: sharedGroup })

const permissionsOf = (path: string) => {
  const { uid, gid, mode } = lstatSync(path)
  return { uid, gid, mode: mode & 0o777 }
}

/** Owns the directory, adds a line with each word, which makes a backup first, and quits. */
const app = (dir: string) => `
  const claim = await node.claim({
    dir: ${JSON.stringify(dir)},
    onLaunch: async () => 'focused',
    onWarning: () => undefined,
    migrations: { '001': { up: (db) => db.schema.createTable('line').addColumn('text', 'text').execute() } },
  })
  say({ open: true })
  for (;;) {
    const word = await heard()
    if (word === 'quit') break
    await claim.pool.db.insertInto('line').values({ text: word }).execute()
    await claim.pool.backup(${JSON.stringify(join(dir, 'app.copy.db'))})
    const { length } = await claim.pool.db.selectFrom('line').selectAll().execute()
    say({ length })
  }
  await claim.close()`

test.for([
  { umask: 0o022, ends: ['is killed', 'quits', 'quits'] },
  { umask: 0o077, ends: ['quits', 'is killed', 'quits'] },
])('users take turns, with umask $umask: the first $ends.0, the second $ends.1', async (turns, ctx) => {
  const dir = sharedDirectory(ctx)
  const { a, b } = users(turns.umask)
  for (const [turn, user] of [a, b, a].entries()) {
    const owner = startAs(user, app(dir))
    expect(await owner.next()).toEqual({ open: true })
    expect(await owner.next('word')).toEqual({ length: turn + 1 })
    for (const file of ['app.lock', 'app.db', 'app.db-wal', 'app.db-shm', 'app.copy.db']) {
      const permissions = { file, ...permissionsOf(join(dir, file)) }
      expect(permissions).toMatchObject({ file, gid: sharedGroup, mode: 0o660 })
    }
    await (turns.ends[turn] === 'quits' ? owner.finish('quit') : owner.kill())
  }
})

test('the backup before a migration can be read and removed by the other user', async (ctx) => {
  const dir = sharedDirectory(ctx)
  const { a, b } = users(0o077)
  const migrate = (names: string[]) => `
    const up = (db) => db.schema.createTable('t' + Math.random().toString(36).slice(2)).addColumn('x', 'text').execute()
    const names = ${JSON.stringify(names)}
    const migrations = Object.fromEntries(names.map((name) => [name, { up }]))
    await node.connect({ dir: ${JSON.stringify(dir)}, migrations, keepBackups: 1, onWarning: () => undefined })
    await node.release(${JSON.stringify(dir)})
    say({ done: true })`
  for (const [user, names] of [
    [a, ['1']],
    [a, ['1', '2']],
    [b, ['1', '2', '3']],
  ] as const) {
    expect(await startAs(user, migrate([...names])).next()).toEqual({ done: true })
  }
  const folder = join(dir, 'app.backups')
  expect(statSync(folder).mode & 0o7777).toBe(0o2770)
  const [backup = '', ...others] = readdirSync(folder)
  expect(others).toEqual([])
  expect(permissionsOf(join(folder, backup))).toEqual({ uid: b.uid, gid: sharedGroup, mode: 0o660 })
  writeFileSync(join(dir, 'app.db'), 'rubbish that is no database'.repeat(50))
  const restore = `say(await node.restoreNewestBackup(${JSON.stringify(dir)}))`
  expect(await startAs(a, restore).next()).toMatchObject({ backup: { path: join(folder, backup) } })
  expect(await startAs(a, migrate(['1', '2', '3'])).next()).toEqual({ done: true })
})

test('the token of the hand-off is for its own user alone, and gone when the owner has quit', async (ctx) => {
  const dir = sharedDirectory(ctx)
  const { a, b } = users(0o022)
  const owner = startAs(a, app(dir))
  await owner.next()
  const record = readFileSync(join(dir, 'app.lock'), 'utf8')
  const tokenFile = join(dir, `app.token-${a.uid}`)
  expect(permissionsOf(tokenFile)).toEqual({ uid: a.uid, gid: sharedGroup, mode: 0o600 })
  const token = readFileSync(tokenFile, 'utf8')
  expect(token).toMatch(/^[0-9a-f]{32}$/)
  expect(record).not.toContain(token)
  expect(record).toContain(`"uid":${a.uid}`)
  const ask = `
    const owner = node.readOwner(${JSON.stringify(dir)})
    say({ pid: owner.pid, token: owner.token ?? null })`
  expect(await startAs(a, ask).next()).toEqual({ pid: owner.pid, token })
  expect(await startAs(b, ask).next()).toEqual({ pid: owner.pid, token: null })
  expect(readOwner(dir)?.token).toBeUndefined()
  const contender = startAs(b, app(dir))
  const refusal = await contender.next()
  expect(refusal).toMatchObject({
    failed: 'ERR_DATADIR_LOCKED',
    message: expect.stringContaining(`pid ${owner.pid}`),
  })
  await owner.finish('quit')
  expect(existsSync(tokenFile)).toBe(false)
})

test('a token file that another user has put there is not used and is replaced', async (ctx) => {
  const dir = sharedDirectory(ctx)
  const { a } = users(0o022)
  const tokenFile = join(dir, `app.token-${a.uid}`)
  writeFileSync(tokenFile, 'f'.repeat(32), { mode: 0o666 })
  writeFileSync(join(dir, 'app.lock'), JSON.stringify({ pid: 1, uid: a.uid, endpoint: '/tmp/none' }))
  chmodSync(join(dir, 'app.lock'), 0o666)
  const ask = `say({ token: node.readOwner(${JSON.stringify(dir)}).token ?? null })`
  expect(await startAs(a, ask).next()).toEqual({ token: null })
  const owner = startAs(a, app(dir))
  await owner.next()
  expect(permissionsOf(tokenFile)).toMatchObject({ uid: a.uid, mode: 0o600 })
  expect(readFileSync(tokenFile, 'utf8')).not.toContain('ffffffff')
})

test('files that an older version created for one user become the group’s when that user opens the directory again', async (ctx) => {
  const dir = sharedDirectory(ctx)
  const { a, b } = users(0o022)
  const first = startAs(a, app(dir))
  await first.next()
  await first.next('word')
  await first.kill()
  const files = ['app.lock', 'app.db', 'app.db-wal', 'app.db-shm'].map((file) => join(dir, file))
  for (const file of files) chmodSync(file, 0o600)
  expect(await startAs(b, app(dir)).next()).toMatchObject({ failed: 'ERR_DATADIR_UNUSABLE' })
  const again = startAs(a, app(dir))
  expect(await again.next()).toEqual({ open: true })
  expect(files.map((file) => permissionsOf(file).mode)).toEqual([0o660, 0o660, 0o660, 0o660])
  await again.kill()
  expect(await startAs(b, app(dir)).next()).toEqual({ open: true })
})

test('without the setgid bit, new files get the group of the directory', async (ctx) => {
  const dir = sharedDirectory(ctx, 0o770)
  const { a, b } = users(0o077)
  const owner = startAs(a, app(dir))
  await owner.next()
  for (const file of ['app.lock', 'app.db', 'app.db-wal', 'app.db-shm']) {
    const permissions = { file, ...permissionsOf(join(dir, file)) }
    expect(permissions).toEqual({ file, uid: a.uid, gid: sharedGroup, mode: 0o660 })
  }
  await owner.kill()
  expect(await startAs(b, app(dir)).next()).toEqual({ open: true })
})

test('in a directory that the group may only read, nothing is shared', (ctx) => {
  const dir = sharedDirectory(ctx, 0o2750)
  const lock = acquireDataDirLock({ dir })
  onTestFinished(() => lock.release())
  lock.publish({ token: 'secret' })
  expect(permissionsOf(join(dir, 'app.lock')).mode).toBe(0o600)
  expect(readdirSync(dir).sort()).toEqual(['.datadir-guard', 'app.lock'])
  expect(readOwner(dir)?.token).toBe('secret')
})

test('when the directory is no longer shared, its lock file belongs to its owner alone', (ctx) => {
  const dir = sharedDirectory(ctx)
  acquireDataDirLock({ dir, onWarning: () => undefined }).release()
  expect(permissionsOf(join(dir, 'app.lock')).mode).toBe(0o660)
  chmodSync(dir, 0o700)
  acquireDataDirLock({ dir }).release()
  expect(permissionsOf(join(dir, 'app.lock')).mode).toBe(0o600)
})
