// @ts-nocheck: it runs in a project that has installed the package, but neither better-sqlite3 nor kysely.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { acquireDataDirLock, connect, DataDirError } from 'electron-datadir/node'

const dir = mkdtempSync(join(tmpdir(), 'electron-datadir-'))
try {
  acquireDataDirLock({ dir }).release()
  const error = await connect({ dir }).catch((thrown) => thrown)
  if (!(error instanceof DataDirError) || error.code !== 'ERR_DATADIR_PACKAGE_MISSING') throw error
  if (!error.remedy.includes('npm install kysely@0.29')) throw error
  // The lock that `connect` took was given back.
  acquireDataDirLock({ dir }).release()
} finally {
  rmSync(dir, { recursive: true })
}
