import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { DataDirUnusableError } from '../../src/main/directory/errors.ts'
import { waitForRelease } from '../../src/main/lock/wait-for-release.ts'
import { readOwner } from '../../src/main/owner/owner-record-file.ts'
import { InvalidOptionError } from '../../src/shared/data-dir-error.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { thrownBy } from '../support/thrown-by.ts'

describe.each([
  ['readOwner', async (dir: string, name?: string) => readOwner(dir, name)],
  ['waitForRelease', (dir: string, name?: string) => waitForRelease(dir, name === undefined ? {} : { name })],
])('%s', (_function, look) => {
  test('refuses an empty path, which is not the current directory', async () => {
    expect(await thrownBy(InvalidOptionError, () => look(''))).toMatchObject({ option: 'dir' })
  })

  test('refuses a name that cannot be part of a file name, also if there is no such directory', async () => {
    const missing = join(temporaryDirectory(), 'missing')
    expect(await thrownBy(InvalidOptionError, () => look(missing, '../up'))).toMatchObject({ option: 'name' })
  })

  test('says that a file is in the way, at the path and above it', async () => {
    const file = join(temporaryDirectory(), 'file')
    writeFileSync(file, '')
    for (const path of [file, join(file, 'data')]) {
      const error = await thrownBy(DataDirUnusableError, () => look(path))
      expect(error).toMatchObject({ reason: 'not-a-directory', path })
    }
  })

  test('says that the path is a loop of links, or too long for the system', async () => {
    const dir = temporaryDirectory()
    const loop = join(dir, 'loop')
    symlinkSync(loop, loop)
    expect(await thrownBy(DataDirUnusableError, () => look(loop))).toMatchObject({ path: loop })
    const long = join(dir, 'x'.repeat(300))
    expect(await thrownBy(DataDirUnusableError, () => look(long))).toMatchObject({ reason: 'failed' })
  })
})
