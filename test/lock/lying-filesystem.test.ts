import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { acquireUnderShim, buildNoLockShim } from '../support/no-lock-shim.ts'
import { startHolder } from '../support/processes.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const folder = mkdtempSync(join(tmpdir(), 'no-lock-shim-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const shim = buildNoLockShim(folder)
const library = 'library' in shim ? shim.library : ''
if ('missing' in shim) console.warn(`lying-filesystem.test.ts is skipped: ${shim.missing}.`)

describe.skipIf('missing' in shim)('where flock is not what it says', () => {
  test('the shim gives two strangers one lock', () => {
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

  test('it is refused too while another process holds the lock, and not taken for free', async () => {
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
