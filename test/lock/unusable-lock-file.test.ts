import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { DataDirUnusableError } from '../../src/main/directory/errors.ts'
import { acquireDataDirLock } from '../../src/main/lock/data-dir-lock.ts'
import { readOwner } from '../../src/main/owner/owner-record-file.ts'
import { isFree } from '../support/processes.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { thrownBy } from '../support/thrown-by.ts'

test('refuses a lock file that is a symbolic link, and leaves its target alone', async () => {
  const dir = temporaryDirectory()
  const path = join(dir, 'app.lock')
  writeFileSync(join(dir, 'precious'), '{"pid":42}')
  symlinkSync(join(dir, 'precious'), path)
  const error = await thrownBy(DataDirUnusableError, () => acquireDataDirLock({ dir }))
  expect(error).toMatchObject({ reason: 'not-a-file', path })
  expect(error.message).toContain(
    `${path} cannot be used as a lock file: there is a symbolic link of that name.`,
  )
  expect(readFileSync(join(dir, 'precious'), 'utf8')).toBe('{"pid":42}')
  expect(readOwner(dir)).toBeUndefined()
})

test.each([
  ['a folder', (path: string) => mkdirSync(path)],
  ['a pipe', (path: string) => execFileSync('mkfifo', [path])],
  ['a socket', (path: string) => listenAt(path)],
])(
  'refuses %s that has the lock file’s name, names no owner from it, and does not wait',
  async (what, make) => {
    const dir = temporaryDirectory()
    const path = join(dir, 'app.lock')
    await make(path)
    const error = await thrownBy(DataDirUnusableError, () => acquireDataDirLock({ dir }))
    expect(error).toMatchObject({ reason: 'not-a-file', path })
    expect(error.message).toContain(`there is ${what} of that name`)
    expect(readOwner(dir)).toBeUndefined()
    expect(isFree(dir)).toBe(true)
  },
)

async function listenAt(path: string): Promise<void> {
  const server = createServer().listen(path)
  onTestFinished(() => void server.close())
  await once(server, 'listening')
}
