import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, type TestContext, test } from 'vitest'
import { mountFilesystem } from '../../chaos/filesystem.mjs'
import { DataDirUnusableError, LockUnsupportedError } from '../../src/main/directory/errors.ts'
import { acquireDataDirLock } from '../../src/main/lock/data-dir-lock.ts'
import { DataDirLockedError } from '../../src/main/lock/errors.ts'
import { readOwner } from '../../src/main/owner/owner-record-file.ts'
import { mountBindfs, mountLyingFuse } from '../support/lying-fuse.ts'
import { startHolder } from '../support/processes.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { thrownBy } from '../support/thrown-by.ts'

const megabyte = 1024 * 1024

/** A mount that goes when the test ends; where there is none, the test is skipped and the reason printed. */
function until<T extends { close(): void }>(ctx: TestContext, mounted: T | { missing: string }): T {
  if (!('close' in mounted)) {
    console.warn(`filesystems.test.ts: ${ctx.task.name}: skipped: ${mounted.missing}`)
    return ctx.skip(mounted.missing)
  }
  onTestFinished(() => mounted.close())
  return mounted
}

function remountReadOnly(dir: string): void {
  const { status, stderr } = spawnSync('mount', ['-o', 'remount,ro', dir], { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
}

/** Writes until the filesystem takes no more byte. */
function fill(dir: string): void {
  const fd = openSync(join(dir, 'ballast'), 'w')
  for (let size = megabyte; size >= 1; ) {
    try {
      writeSync(fd, Buffer.alloc(size))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
      size = Math.floor(size / 2)
    }
  }
  closeSync(fd)
}

describe.each(['tmpfs', 'ext4'] as const)('on %s', (name) => {
  test('a read-only mount is refused, whether or not the folder and the lock file are there', async (ctx) => {
    const { dir } = until(ctx, mountFilesystem(name, temporaryDirectory(), 16 * megabyte))
    for (const folder of ['used', 'new']) mkdirSync(join(dir, folder))
    acquireDataDirLock({ dir: join(dir, 'used') }).release()
    remountReadOnly(dir)
    for (const folder of ['used', 'new', 'missing', 'missing/deep/down']) {
      const path = join(dir, folder)
      const error = await thrownBy(DataDirUnusableError, () => acquireDataDirLock({ dir: path }))
      expect(error.reason).toBe('read-only')
      expect(error.message).toContain(path)
    }
    const missing = await thrownBy(DataDirUnusableError, () =>
      acquireDataDirLock({ dir: join(dir, 'missing') }),
    )
    expect(missing.message).toContain('it is on a read-only filesystem. Make the filesystem writable')
  })

  test('the volume can be unmounted as soon as the lock is released', (ctx) => {
    const { dir } = until(ctx, mountFilesystem(name, temporaryDirectory(), 16 * megabyte))
    acquireDataDirLock({ dir }).release()
    expect(spawnSync('umount', [dir], { encoding: 'utf8' }).stderr).toBe('')
  })

  test('a full disk has no room for the record, and the lock holds', async (ctx) => {
    const { dir } = until(ctx, mountFilesystem(name, temporaryDirectory(), 16 * megabyte))
    fill(dir)
    const holder = await startHolder({ dir })
    expect(holder.said).toBe('held')
    expect(statSync(join(dir, 'app.lock')).blocks).toBe(0)
    expect(readOwner(dir)).toBeUndefined()
    const error = await thrownBy(DataDirLockedError, () => acquireDataDirLock({ dir }))
    expect(error.pid).toBe(holder.pid)
    await holder.finish()
    acquireDataDirLock({ dir }).release()
  })
})

test('a FUSE mount that grants every lock is refused', async (ctx) => {
  const { dir, source } = until(ctx, mountLyingFuse(temporaryDirectory()))
  await thrownBy(LockUnsupportedError, () => acquireDataDirLock({ dir }))
  expect((await startHolder({ dir })).said).toBe('ERR_DATADIR_LOCK_UNSUPPORTED')
  // The folder itself is sound.
  acquireDataDirLock({ dir: source }).release()
})

test('a FUSE mount that handles its locks itself keeps out only processes that use the same mount', async (ctx) => {
  const { dir, source } = until(ctx, mountBindfs(temporaryDirectory()))
  expect((await startHolder({ dir })).said).toBe('held')
  expect((await startHolder({ dir })).said).toBe('ERR_DATADIR_LOCKED')
  // No lock can tell: to the kernel these are two files. docs/reliability.md says so.
  expect((await startHolder({ dir: source })).said).toBe('held')
})
