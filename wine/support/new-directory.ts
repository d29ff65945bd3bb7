import { mkdtempSync, realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A new empty directory, by its real path, on the drive C that the run ends with. */
export function newDirectory(): string {
  return realpathSync.native(mkdtempSync(join(tmpdir(), 'datadir-')))
}
