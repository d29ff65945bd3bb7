// @ts-nocheck: it runs in a project that has installed the package.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  acquireDataDirLock,
  connect,
  DataDirLockedError,
  InvalidOptionError,
  NoBackupError,
  QueryAbortedError,
  release,
  restoreNewestBackup,
} from 'electron-datadir/node'
import { startHolder } from 'electron-datadir/testing'

const dir = mkdtempSync(join(tmpdir(), 'electron-datadir-'))
// Without `await` at the top level: it is bundled as CommonJS too.
async function tryOut() {
  acquireDataDirLock({ dir }).release()
  const holder = await startHolder({ dir })
  try {
    acquireDataDirLock({ dir })
    throw new Error('two owners')
  } catch (error) {
    if (!(error instanceof DataDirLockedError) || error.pid !== holder.pid) throw error
  }
  await holder.release()
  const pool = await connect({ dir })
  const { db } = pool
  const tables = await db.selectFrom('sqlite_master').selectAll().execute()
  if (!Array.isArray(tables)) throw new Error('no rows')
  const aborted = await pool
    .query(db.selectFrom('sqlite_master').selectAll(), { signal: AbortSignal.abort() })
    .catch((thrown) => thrown)
  // Thrown by the part that stands on Kysely, which has a class of its own.
  if (!(aborted instanceof QueryAbortedError)) throw aborted
  await release(dir)
  const none = await restoreNewestBackup(dir).catch((thrown) => thrown)
  if (!(none instanceof NoBackupError)) throw none
  const error = await connect({ dir: '' }).catch((thrown) => thrown)
  if (!(error instanceof InvalidOptionError)) throw error
}

tryOut()
  .catch((error) => {
    console.error(error)
    process.exitCode = 1
  })
  .finally(() => rmSync(dir, { recursive: true }))
