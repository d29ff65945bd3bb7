import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type LockScript, runLockScript } from './lock-script.ts'
import { temporaryDirectory } from './temporary-directory.ts'

const root = resolve(import.meta.dirname, '../..')

/**
 * Runs a script in another process. It has `Database` (better-sqlite3) and `connect` at hand besides what
 * {@link runLockScript} gives it, and both are loaded before it begins: afterwards it may become another user, or use up
 * all descriptors.
 *
 * @param under another command, which runs the process.
 */
export function runDatabaseScript(dir: string, script: string, under: string[] = []): Promise<LockScript> {
  const pool = pathToFileURL(resolve(root, 'dist/main/sqlite/pool.js')).href
  return runLockScript(
    dir,
    `
    import { createRequire } from 'node:module'
    const Database = createRequire(${JSON.stringify(resolve(root, 'package.json'))})('better-sqlite3')
    const { connect } = await import(${JSON.stringify(pool)})
    const mode = 'inline'
    await (await connect({ dir: ${JSON.stringify(temporaryDirectory())}, mode })).close()
    const migrations = { '001-note': { up: (db) => db.schema.createTable('note').addColumn('text', 'text').execute() } }
    /** Opens the database, adds a note and closes it; or says why not. */
    const open = async (options = {}) => {
      try {
        const pool = await connect({ dir, mode, migrations, ...options })
        await pool.db.insertInto('note').values({ text: 'a note' }).execute()
        await pool.close()
        return { code: 'open' }
      } catch ({ name, code, reason, path, message, remedy, cause }) {
        return { name, code, reason, path, message, remedy, cause: cause?.code }
      }
    }
    ${script}`,
    under,
  )
}

/** An ordinary user of most systems: nobody. */
export const otherUser = 65_534

/** Opens the database of a directory as {@link otherUser}. Needs root. */
export const openAsOther = `
  process.setgroups([])
  process.setgid(${otherUser})
  process.setuid(${otherUser})
  say(await open())`
