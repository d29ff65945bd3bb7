// SQLite can fail at any pragma, for example because of an I/O error. Nothing may stay open then.
import { readdirSync, readlinkSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { connect } from '../../../src/main/sqlite/pool.ts'
import { attempt } from '../../../src/shared/attempt.ts'
import { skip } from '../../support/skip.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

interface Failing {
  /** Which pragma fails, counted from the start of an open. */
  failingPragma: number
}

const failing = globalThis as unknown as Failing

/** An app's module whose connections fail at one pragma. */
function failingModule(): string {
  const path = join(temporaryDirectory(), 'failing.mjs')
  writeFileSync(
    path,
    `export function connection(database) {
      const pragma = database.pragma.bind(database)
      database.pragma = (...words) => {
        if (--globalThis.failingPragma === 0) throw new Error('disk I/O error')
        return pragma(...words)
      }
    }`,
  )
  return path
}

function openFilesIn(dir: string): string[] {
  return readdirSync('/proc/self/fd')
    .flatMap((fd) => attempt(() => readlinkSync(`/proc/self/fd/${fd}`)) ?? [])
    .filter((path) => path.startsWith(join(dir, 'app.db')))
}

test('an open that fails at any pragma leaves no file open', async (ctx) => {
  if (process.platform !== 'linux') skip(ctx, 'only Linux lists the open files of a process')
  const connection = failingModule()
  const dir = temporaryDirectory()
  failing.failingPragma = 0
  await (await connect({ dir, mode: 'inline' })).close()
  let failures = 0
  for (let failingPragma = 1; ; failingPragma++) {
    failing.failingPragma = failingPragma
    const outcome = await connect({ dir, mode: 'inline', connection }).catch((error: unknown) => error)
    if (failing.failingPragma > 0) {
      await (outcome as { close(): Promise<void> }).close()
      break
    }
    if (outcome instanceof Error) failures++
    // Some pragmas only save time, so a failure of one of them does not fail the open.
    else await (outcome as { close(): Promise<void> }).close()
    expect(openFilesIn(dir), `after pragma ${failingPragma} failed`).toEqual([])
  }
  expect(failures).toBeGreaterThan(5)
})

test('only its owner can read a new database', async (ctx) => {
  if (process.platform === 'win32') skip(ctx, 'Windows has no such permissions')
  const dir = temporaryDirectory()
  const umask = process.umask(0o022)
  try {
    const pool = await connect({ dir, mode: 'inline' })
    for (const file of readdirSync(dir).filter((name) => name.startsWith('app.db')))
      expect([file, statSync(join(dir, file)).mode & 0o777]).toEqual([file, 0o600])
    await pool.close()
  } finally {
    process.umask(umask)
  }
})
