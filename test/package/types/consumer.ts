// Compiled against the package, also in a project without Kysely.
import { type ClaimDataDirOptions, claimDataDir, serveOperations } from 'electron-datadir'
import {
  acquireDataDirLock,
  connect,
  DataDirLockedError,
  type Migration,
  type Migrations,
  type Pool,
} from 'electron-datadir/node'
import { operationsBridge } from 'electron-datadir/preload'
import { startHolder } from 'electron-datadir/testing'

interface Notes {
  readonly note: { readonly id: number; readonly text: string }
}

const first: Migration = {
  up: (db) => db.schema.createTable('note').addColumn('id', 'integer').execute(),
}
const migrations: Migrations = { '001-notes': first }
const options: ClaimDataDirOptions = { dir: '/data', migrations }

export async function useAll(): Promise<number | undefined> {
  try {
    acquireDataDirLock({ dir: '/data' }).release()
    const pool: Pool<Notes> = await connect<Notes>({ dir: '/data', migrations })
    await pool.db.selectFrom('note').select('text').execute()
    const holder = await startHolder({ dir: '/data' })
    await holder.release()
    await claimDataDir<Notes>(options)
  } catch (error) {
    if (error instanceof DataDirLockedError) return error.pid
  }
  void serveOperations
  operationsBridge<{ list(): string[] }>('notes', { list: true })
  return undefined
}
