import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { expect, onTestFinished, test, vi } from 'vitest'
import { prepareDataDirectory } from '../../src/main/directory/data-directory.ts'
import { LockUnsupportedError } from '../../src/main/directory/errors.ts'
import { warnedAbout } from '../../src/main/directory/warnings.ts'
import { acquireDataDirLock, type LockOptions, takeLock } from '../../src/main/lock/data-dir-lock.ts'
import type { DataDirWarning } from '../../src/shared/data-dir-warning.ts'
import { mountFuse } from '../support/fuse-mount.ts'
import { runLockScript } from '../support/lock-script.ts'
import { skip } from '../support/skip.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { thrownBy } from '../support/thrown-by.ts'

/** Takes the lock and collects what is said about the directory, afterwards. */
async function warningsOf(options: LockOptions): Promise<DataDirWarning[]> {
  const warnings: DataDirWarning[] = []
  const lock = acquireDataDirLock({ onWarning: (warning) => warnings.push(warning), ...options })
  onTestFinished(() => lock.release())
  expect(warnings).toEqual([])
  await warnedAbout(lock.dir)
  return warnings
}

/** A directory that there are two things to say about. */
function doubtfulDirectory(): string {
  const dir = join(temporaryDirectory(), 'Dropbox')
  mkdirSync(dir)
  chmodSync(dir, 0o770)
  return dir
}

test('an ordinary directory causes no warning', async () => {
  expect(await warningsOf({ dir: join(temporaryDirectory(), 'data') })).toEqual([])
})

test('a directory that others can write causes a warning, and keeps its permissions', async () => {
  const dir = temporaryDirectory()
  chmodSync(dir, 0o770)
  expect(await warningsOf({ dir })).toMatchObject([{ code: 'DATADIR_WRITABLE_BY_OTHERS', path: dir }])
  expect(statSync(dir).mode & 0o777).toBe(0o770)
})

test('a directory in the folder of a sync client causes a warning with the client’s name', async () => {
  const dir = join(temporaryDirectory(), 'Dropbox', 'notes')
  const [warning] = await warningsOf({ dir })
  expect(warning).toMatchObject({ code: 'DATADIR_SYNC_CLIENT', path: dir })
  expect(warning?.message).toContain('a folder of Dropbox')
})

test('a directory causes each warning once, however often it is locked', async () => {
  const dir = join(temporaryDirectory(), 'OneDrive')
  expect(await warningsOf({ dir })).toHaveLength(1)
  expect(await warningsOf({ dir, name: 'other' })).toEqual([])
})

test('without a handler, a warning is an event of the process', async () => {
  const dir = join(temporaryDirectory(), 'Nextcloud')
  const warned = new Promise<Error>((resolve) => process.once('warning', resolve))
  const lock = acquireDataDirLock({ dir })
  onTestFinished(() => lock.release())
  expect(await warned).toMatchObject({ name: 'DataDirWarning', code: 'DATADIR_SYNC_CLIENT' })
})

test('a script that ends at once gives its warnings first', () => {
  const dir = doubtfulDirectory()
  const built = pathToFileURL(resolve(import.meta.dirname, '../../dist/main/lock/data-dir-lock.js')).href
  const script = `
    import { acquireDataDirLock } from ${JSON.stringify(built)}
    acquireDataDirLock({ dir: ${JSON.stringify(dir)} }).release()`
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
  })
  expect(status).toBe(0)
  expect(stderr).toContain('[DATADIR_WRITABLE_BY_OTHERS] DataDirWarning: ')
  expect(stderr).toContain('[DATADIR_SYNC_CLIENT] DataDirWarning: ')
})

test('an app can delay the warnings', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const codes: string[] = []
  const onWarning = ({ code }: DataDirWarning) => codes.push(code)
  const directory = prepareDataDirectory(doubtfulDirectory())
  const lock = takeLock(directory, 'app', { onWarning, warningDelay: 1_000 })
  onTestFinished(() => lock.release())
  vi.advanceTimersByTime(999)
  for (let turn = 0; turn < 100; turn++) await setImmediate()
  expect(codes).toEqual([])
  vi.advanceTimersByTime(1)
  await warnedAbout(lock.dir)
  expect(codes).toEqual(['DATADIR_WRITABLE_BY_OTHERS', 'DATADIR_SYNC_CLIENT'])
})

test('each warning whose handler throws becomes an uncaught exception, and none is skipped', async () => {
  const { said } = await runLockScript(
    doubtfulDirectory(),
    `const uncaught = []
     process.on('uncaughtException', ({ message }, origin) => {
       uncaught.push([message, origin])
       if (uncaught.length === 2) say({ uncaught })
     })
     acquireDataDirLock({ dir, onWarning: ({ code }) => { throw new Error(code) } })
     process.stdin.resume()`,
  )
  expect(said.uncaught).toEqual([
    ['DATADIR_WRITABLE_BY_OTHERS', 'uncaughtException'],
    ['DATADIR_SYNC_CLIENT', 'uncaughtException'],
  ])
})

test('a lock file that others could read becomes private', () => {
  const dir = temporaryDirectory()
  writeFileSync(join(dir, 'app.lock'), '', { mode: 0o600 })
  chmodSync(join(dir, 'app.lock'), 0o666)
  acquireDataDirLock({ dir }).release()
  expect(statSync(join(dir, 'app.lock')).mode & 0o777).toBe(0o600)
})

test('a FUSE filesystem causes a warning, is refused or is allowed, depending on the option', async (ctx) => {
  const fuse = mountFuse()
  if ('missing' in fuse) return skip(ctx, fuse.missing)
  const dir = join(fuse.mounted, 'data')
  const refused = await thrownBy(LockUnsupportedError, () =>
    acquireDataDirLock({ dir, filesystem: 'refuse' }),
  )
  expect(refused.filesystem).toMatchObject({ name: 'fuse.bindfs', kind: 'fuse', source: fuse.behind })
  expect(refused.message).toContain('APP_SKIP_DATADIR_LOCK=1')
  expect(readdirSync(join(fuse.behind, 'data'))).toEqual([])
  expect(await warningsOf({ dir })).toMatchObject([{ code: 'DATADIR_FUSE_FILESYSTEM', path: dir }])
  const other = join(fuse.mounted, 'other')
  expect(await warningsOf({ dir: other, filesystem: 'allow' })).toEqual([])
})

test('a local filesystem is accepted if the app accepts only local ones', () => {
  const dir = temporaryDirectory()
  acquireDataDirLock({ dir, filesystem: 'refuse' }).release()
  expect(existsSync(join(dir, 'app.lock'))).toBe(true)
})

test('an error about a missing lock names the filesystem, and the escape hatch', async () => {
  const dir = temporaryDirectory()
  const error = await thrownBy(LockUnsupportedError, () => {
    throw new LockUnsupportedError(dir, 'notes', 'for a test')
  })
  expect(error.message).toContain(error.filesystem.name)
  expect(error.message).toContain('NOTES_SKIP_DATADIR_LOCK=1')
})
