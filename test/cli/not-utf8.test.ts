// Node.js cannot name a file whose name is not UTF-8. It would name another file instead.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { prepareDataDirectory } from '../../src/main/directory/data-directory.ts'
import { waitForRelease } from '../../src/main/lock/wait-for-release.ts'
import { readOwner } from '../../src/main/owner/owner-record-file.ts'
import { InvalidOptionError } from '../../src/shared/data-dir-error.ts'
import { skip } from '../support/skip.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { thrownBy } from '../support/thrown-by.ts'
import { runShell } from './run-cli.ts'

const namesIn = (dir: string) => readdirSync(dir, { encoding: 'latin1' }).sort()

test.for([
  ['status', 'status "$dir"'],
  ['status in such a folder', 'cd "$dir" && "$runtime" "$main" status .; exit; true'],
  ['wait', 'wait "$dir"'],
  ['exec', 'exec "$dir" -- touch "$1/ran"'],
  ["exec's command", 'exec "$1/other" -- touch "$1"/$\'\\xff\'ran'],
  ['backup of such a folder', 'backup "$dir" "$1/copy.db"'],
  ['backup into such a folder', 'backup "$1" "$dir/copy.db"'],
  ['focus', 'focus "$dir"'],
  ['focus with such a file', 'focus "$1" "$dir/plan.md"'],
] as const)('a path that is not UTF-8 is refused, and nothing is done: %s', ([, command], ctx) => {
  if (process.platform !== 'linux') skip(ctx, 'other systems have no such names')
  const parent = temporaryDirectory()
  mkdirSync(Buffer.from(`${parent}/caf\xe9`, 'latin1'))
  writeFileSync(join(parent, 'app.db'), '')
  const before = namesIn(parent)
  const run = command.startsWith('cd ') ? command : `"$runtime" "$main" ${command}`
  const { code, stdout, stderr } = runShell(`dir="$1"/$'caf\\xe9'; ${run}`, parent)
  expect({ code, stdout }).toEqual({ code: 64, stdout: '' })
  expect(stderr).toContain('not UTF-8')
  expect(namesIn(parent)).toEqual(before)
})

test.each(['caf\ufffd', 'half \ud83d of a letter'])('the library refuses it too: %j', async (name) => {
  const parent = temporaryDirectory()
  const dir = join(parent, name)
  for (const use of [prepareDataDirectory, readOwner, waitForRelease]) {
    const error = await thrownBy(InvalidOptionError, async () => use(dir))
    expect(error.message).toContain('is not UTF-8')
  }
  expect(namesIn(parent)).toEqual([])
})
