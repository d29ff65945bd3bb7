import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { addUncompiledVersion12, projectWith } from '../support/project-with.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** Opens a database with the package of a project, and then takes the lock, which nobody may have any more. */
function connectIn(project: string): unknown {
  const entry = pathToFileURL(join(project, 'node_modules/electron-datadir/dist/main/node.js')).href
  const script = `
    import { acquireDataDirLock, connect } from '${entry}'
    const [dir] = process.argv.slice(1)
    const { code, failure, remedy } = await connect({ dir }).catch((error) => error)
    acquireDataDirLock({ dir }).release()
    console.log(JSON.stringify({ code, failure, remedy }))`
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', script, temporaryDirectory()],
    { encoding: 'utf8' },
  )
  expect(stderr).toBe('')
  return JSON.parse(stdout)
}

test('without Kysely, opening a database fails with the command that installs it', () => {
  expect(connectIn(projectWith(['fs-ext', 'better-sqlite3']))).toEqual({
    code: 'ERR_DATADIR_PACKAGE_MISSING',
    remedy: 'Run `npm install kysely@0.29` in the project.',
  })
})

test('without better-sqlite3, opening a database fails with the command that installs it', () => {
  expect(connectIn(projectWith(['fs-ext', 'kysely']))).toEqual({
    code: 'ERR_DATADIR_NATIVE_MODULE',
    failure: 'not-installed',
    remedy: 'Run `npm install better-sqlite3` in the project.',
  })
})

test('with a better-sqlite3 12 that was never compiled, opening a database fails with the command for it', () => {
  const project = projectWith(['fs-ext', 'kysely'])
  addUncompiledVersion12(project)
  expect(connectIn(project)).toEqual({
    code: 'ERR_DATADIR_NATIVE_MODULE',
    failure: 'not-built',
    remedy: expect.stringMatching(
      /^Run `(npm rebuild|npx @electron\/rebuild --force --only) better-sqlite3`/,
    ),
  })
})
