import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'

test('a share that is not in the matrix is a wrong command line, and nothing is started', () => {
  const script = join(import.meta.dirname, '../../scripts/netfs.mjs')
  const args = [script, '--only', 'nfs3,nothing-of-the-kind']
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
  expect(stderr).toContain('nfs3,nfs42,')
})
