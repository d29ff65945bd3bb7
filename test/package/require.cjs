// @ts-nocheck: it runs in a project that has installed the package.
const { mkdtempSync, rmSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const {
  acquireDataDirLock,
  connect,
  DataDirLockedError,
  InvalidOptionError,
  NoBackupError,
  QueryAbortedError,
  release,
  restoreNewestBackup,
} = require('electron-datadir/node')
const { startHolder } = require('electron-datadir/testing')
require('electron-datadir/package.json')

const dir = mkdtempSync(join(tmpdir(), 'electron-datadir-'))

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
