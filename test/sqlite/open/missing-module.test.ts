import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { newBackupPath } from '../../../src/main/sqlite/backup/backup-folder.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const root = resolve(import.meta.dirname, '../../..')

/** The built code of this package in a project that has fs-ext, and no better-sqlite3. */
function withoutSqlite(): string {
  const project = temporaryDirectory()
  cpSync(join(root, 'dist'), join(project, 'dist'), { recursive: true })
  cpSync(join(root, 'package.json'), join(project, 'package.json'))
  mkdirSync(join(project, 'node_modules'))
  symlinkSync(join(root, 'node_modules', 'fs-ext'), join(project, 'node_modules', 'fs-ext'))
  return join(project, 'dist', 'main')
}

function run(...args: string[]) {
  const { ELECTRON_OVERRIDE_DIST_PATH: _, ...env } = process.env
  return spawnSync(process.execPath, args, { env, encoding: 'utf8' })
}

test('without better-sqlite3, restoring fails with its error and rejects no backup', () => {
  const dir = temporaryDirectory()
  writeFileSync(newBackupPath(join(dir, 'app.db'), '001'), '')
  const module = pathToFileURL(join(withoutSqlite(), 'sqlite', 'restore-newest-backup.js')).href
  const script = `
    import { restoreNewestBackup } from ${JSON.stringify(module)}
    const { code, failure } = await restoreNewestBackup(${JSON.stringify(dir)}).catch((error) => error)
    console.log(JSON.stringify({ code, failure }))`
  const { stdout } = run('--input-type=module', '-e', script)
  expect(JSON.parse(stdout)).toEqual({ code: 'ERR_DATADIR_NATIVE_MODULE', failure: 'not-installed' })
})

test('without better-sqlite3, a backup from a shell fails with its error, and not with that of the database', () => {
  const dir = temporaryDirectory()
  writeFileSync(join(dir, 'app.db'), '')
  const { stderr } = run(join(withoutSqlite(), 'cli', 'main.js'), 'backup', dir, join(dir, 'copy.db'))
  expect(stderr).toMatch(
    /^electron-datadir: The native module better-sqlite3 cannot be used: it is not installed/,
  )
})
