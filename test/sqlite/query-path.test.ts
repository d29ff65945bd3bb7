import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

interface QueryPath {
  readonly main: readonly string[]
  readonly threads: readonly string[]
  readonly files: number
}

const script = resolve(import.meta.dirname, '../../scripts/query-path.mjs')

test('a select and an insert pass through at most 15 files each, both threads counted', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [script])
  const paths = JSON.parse(stdout) as { readonly insert: QueryPath; readonly select: QueryPath }
  for (const { main, threads, files } of [paths.insert, paths.select]) {
    expect(main).toContain('main/sqlite/scheduling/scheduler.js')
    expect(threads).toContain('main/sqlite/thread/session.js')
    expect(files, [...main, ...threads].join('\n')).toBeLessThanOrEqual(15)
  }
})
