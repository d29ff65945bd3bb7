import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'

test.each([
  ['--rounds', ''],
  ['--rounds', '0'],
  ['--rounds', 'many'],
  ['--rounds', '1e2'],
  ['--rounds', '-5'],
  ['--seed', ''],
  ['--only', 'nothing-of-the-kind'],
  ['--fs', ''],
  ['--users', '3'],
])('a run with %s %j is a wrong command line', (option, value) => {
  const root = join(import.meta.dirname, '../..')
  const args = [join(root, 'chaos/main.mjs'), join(root, 'dist'), `${option}=${value}`]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  expect(stderr).toContain(option)
})
