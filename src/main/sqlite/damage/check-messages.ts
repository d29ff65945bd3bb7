import type { Database } from 'better-sqlite3'
import { corruption, isCorruption } from '../errors/causes.ts'
import type { FtsTable } from './btrees.ts'

/** What SQLite reports about a database that it checks. */
export interface CheckMessages {
  readonly lines: readonly string[]
  /** SQLite found a damaged page, and did not check what comes after it. */
  readonly error: Error | undefined
}

// SQLite reports this in a row of its own if it cannot check a virtual table. It does not name the table.
const malformed = 'database disk image is malformed'

/**
 * @param pragma `integrity_check` or `quick_check`, with its argument.
 * @throws better-sqlite3's SqliteError if the file cannot be read for a reason other than damage.
 */
export function checkMessages(connection: Database, pragma: string): CheckMessages {
  const lines: string[] = []
  let error: Error | undefined
  try {
    for (const row of connection.prepare(`pragma ${pragma}`).pluck().iterate()) {
      if (row === malformed) error = corruption(malformed)
      else lines.push(...String(row).split('\n'))
    }
  } catch (thrown) {
    if (!isCorruption(thrown)) throw thrown
    error = thrown
  }
  return { lines, error }
}

/** What a line is about, by the message of SQLite: the text in a group of the pattern. */
export const subjects = {
  /** The number of the first page of a b-tree. */
  root: /^Tree (\d+) /,
  /** The number of the damaged page, in a line that names only the page. */
  page: /^(?:Fragmentation of \d+ bytes reported as \d+ on|Multiple uses for byte \d+ of) page (\d+)$/,
  /** The table of a damaged row. */
  table: /^row not in PRIMARY KEY order for (.+)$|^\w+ value in (.+)\.\w+$/,
  index:
    /^(?:row \d+ (?:missing from|values differ from)|rowid not at end-of-record for row \d+ of|non-unique entry in|wrong # of entries in) index (.+)$/,
}

/** @param pattern one of {@link subjects}. */
export function subjectIn(line: string, pattern: RegExp): string | undefined {
  const [, ...groups] = pattern.exec(line) ?? []
  return groups.find((text) => text !== undefined)
}

/** Whether a line is about a full-text table. After a colon, SQLite may add the reason. */
export function isAbout(line: string, { name }: FtsTable): boolean {
  const words = ` table main.${name}`
  if (line.endsWith(words) || line.includes(`${words}: `)) return true
  return line.startsWith('fts5: ') && line.endsWith(` table "${name}"`)
}

/** Whether SQLite found the damage in the pages of a virtual table, and could open the table. */
export function isAboutPages({ message }: Error): boolean {
  return !/vtable constructor failed|invalid fts5 file format/.test(message)
}
