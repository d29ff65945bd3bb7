// @ts-check
// What better-sqlite3 alone does with the database of Notes. Prints one number.
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { argv, stdout } from 'node:process'
import Database from 'better-sqlite3'
import { median } from '../statistics.mjs'
import { largeText, largeTitle, noteText } from './notes.mjs'

const [, , folder = '', what = '', words = ''] = argv
const count = Number(words)
const file = join(folder, 'data', 'notes.db')

const tasks = {
  /** The seconds of a loop that inserts the notes, in one transaction. */
  insert() {
    const copy = join(folder, 'copy.db')
    copyFileSync(file, copy)
    const database = open(copy)
    const start = performance.now()
    insertAll(database, 0, count)
    return (performance.now() - start) / 1000
  },

  /** Adds notes until there are `count` of them, with a large one on top. */
  fill() {
    const database = open(file)
    const existing = Number(database.prepare('select count(*) from notes').pluck().get())
    insertAll(database, existing, count - 1)
    const large = database.prepare('insert into notes (title, body, updated_at) values (?, ?, ?)')
    large.run(largeTitle, largeText(), Date.now())
    return count
  },

  /** The milliseconds of a query for the first matches of a frequent word. */
  search() {
    const database = new Database(file, { readonly: true })
    const query = database.prepare(
      "select rowid, snippet(notes_fts, 1, '', '', '', 16) from notes_fts where notes_fts match ? order by rowid desc limit 50",
    )
    const times = Array.from({ length: 11 }, (_, round) => {
      const start = performance.now()
      query.all(round % 2 === 0 ? '"meeting"*' : '"common"*')
      return performance.now() - start
    })
    return median(times.slice(1))
  },
}

/** @param {string} path */
function open(path) {
  const database = new Database(path)
  database.pragma('journal_mode = wal')
  database.pragma('synchronous = normal')
  return database
}

/**
 * @param {import('better-sqlite3').Database} database
 * @param {number} first
 * @param {number} end
 */
function insertAll(database, first, end) {
  const insert = database.prepare(
    'insert into notes (title, body, source_path, updated_at) values (?, ?, ?, ?)',
  )
  database.transaction(() => {
    for (let index = first; index < end; index += 1) {
      const { title, body } = noteText(index)
      insert.run(title, body, `/bench/${index}.md`, Date.now() - index)
    }
  })()
}

const task = tasks[/** @type {keyof typeof tasks} */ (what)]
stdout.write(String(task()))
