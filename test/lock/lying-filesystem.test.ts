import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { holdOrExplain, runLockScript } from '../support/lock-script.ts'
import { acquireUnderShim, buildNoLockShim } from '../support/no-lock-shim.ts'
import { isFree, startHolder } from '../support/processes.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const folder = mkdtempSync(join(tmpdir(), 'no-lock-shim-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const shim = buildNoLockShim(folder)
const library = 'library' in shim ? shim.library : ''
if ('missing' in shim) console.warn(`lying-filesystem.test.ts is skipped: ${shim.missing}.`)

describe.skipIf('missing' in shim)('if flock does not do what it reports', () => {
  test('the shim gives two processes the same lock', () => {
    const path = join(temporaryDirectory(), 'app.lock')
    const nested = ['--nonblock', path, 'flock', '--nonblock', path, 'true']
    const env = { ...process.env, NO_LOCK_SHIM: 'grant' }
    expect(spawnSync('flock', nested, { env }).status).toBe(1)
    expect(spawnSync('flock', nested, { env: { ...env, LD_PRELOAD: library } }).status).toBe(0)
  })

  test('a filesystem that grants every lock is refused', () => {
    const { code, message } = acquireUnderShim(library, 'grant', { dir: temporaryDirectory(), name: 'notes' })
    expect(code).toBe('ERR_DATADIR_LOCK_UNSUPPORTED')
    expect(message).toContain('NOTES_SKIP_DATADIR_LOCK=1')
  })

  test.each([
    ['removed', 'unlinkSync(path)'],
    ['replaced', "writeFileSync(path + '.new', ''); renameSync(path + '.new', path)"],
  ])(
    'where a directory cannot be locked, the lock is lost with a lock file that was %s',
    async (what, harm) => {
      const dir = temporaryDirectory()
      const script = `
      import { renameSync, unlinkSync, writeFileSync } from 'node:fs'
      const lock = acquireDataDirLock({ dir })
      const path = dir + '/app.lock'
      lock.lost.addEventListener('abort', () => {
        const { code, what, path } = lock.lost.reason
        say({ code, what, path })
      })
      process.stdin.resume()
      ${harm}`
      const under = ['env', `LD_PRELOAD=${library}`, 'NO_LOCK_SHIM=files']
      const { said } = await runLockScript(dir, script, under)
      expect(said).toEqual({ code: 'ERR_DATADIR_LOCK_LOST', what, path: join(dir, 'app.lock') })
      // Rightly so: nothing keeps a stranger out any more.
      expect(isFree(dir)).toBe(true)
      expect((await startHolder({ dir })).said).toBe('held')
    },
  )

  test('if a directory cannot be locked, the lock file still keeps others out', async () => {
    const dir = temporaryDirectory()
    const env = { LD_PRELOAD: library, NO_LOCK_SHIM: 'files' }
    expect((await startHolder({ dir, env })).said).toBe('held')
    expect((await startHolder({ dir, env })).said).toBe('ERR_DATADIR_LOCKED')
    expect((await startHolder({ dir })).said).toBe('ERR_DATADIR_LOCKED')
  })

  test.each(['EINVAL', 'ENOTSUP', 'ENOSYS', 'ENOLCK'] as const)(
    'a filesystem that says %s of directories alone is used without their guard',
    async (name) => {
      const dir = temporaryDirectory()
      const env = { LD_PRELOAD: library, NO_LOCK_SHIM: `files:${constants.errno[name]}` }
      expect((await startHolder({ dir, env })).said).toBe('held')
      expect(isFree(dir)).toBe(true)
    },
  )

  test('if the system has no memory for the guard, the lock is not taken, and the lock file is free again', async () => {
    const dir = temporaryDirectory()
    const under = ['env', `LD_PRELOAD=${library}`, `NO_LOCK_SHIM=files:${constants.errno.ENOMEM}`]
    const { said } = await runLockScript(dir, `${holdOrExplain}; process.stdin.resume()`, under)
    expect(said).toMatchObject({ code: 'ERR_DATADIR_UNUSABLE' })
    expect(said.message).toContain('ENOMEM')
    expect(isFree(join(dir, 'app.lock'))).toBe(true)
  })

  test('it is refused too while another process holds the lock, and does not count as free', async () => {
    const dir = temporaryDirectory()
    expect((await startHolder({ dir })).said).toBe('held')
    expect(acquireUnderShim(library, 'grant', { dir }).code).toBe('ERR_DATADIR_LOCK_UNSUPPORTED')
  })

  test('a second process started as an app starts it is refused', async () => {
    const env = { LD_PRELOAD: library, NO_LOCK_SHIM: 'grant' }
    expect((await startHolder({ dir: temporaryDirectory(), env })).said).toBe('ERR_DATADIR_LOCK_UNSUPPORTED')
  })

  test.each([
    ['ENOTSUP', constants.errno.ENOTSUP],
    ['ENOLCK', constants.errno.ENOLCK],
    ['ENOSYS', constants.errno.ENOSYS],
  ])('a filesystem that says %s is refused, and the escape hatch named', (name, errno) => {
    const dir = temporaryDirectory()
    const { code, message } = acquireUnderShim(library, errno, { dir, name: 'notes' })
    expect(code).toBe('ERR_DATADIR_LOCK_UNSUPPORTED')
    expect(message).toContain(name)
    expect(message).toContain(join(dir, 'notes.lock'))
    expect(message).toContain('NOTES_SKIP_DATADIR_LOCK=1')
  })
})
