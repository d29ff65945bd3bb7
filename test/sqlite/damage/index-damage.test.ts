import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Database } from 'better-sqlite3'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { ftsTablesOf } from '../../../src/main/sqlite/damage/btrees.ts'
import { findDamage } from '../../../src/main/sqlite/damage/find-damage.ts'
import { rebuildIndexes } from '../../../src/main/sqlite/repair/rebuild-indexes.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { overwritePages, runWithoutIndexes, type WhichPages, withPlainConnection } from '../damaged-pages.ts'

const rows = 500
let sound: Buffer

/** One table of each kind that has an index, with enough rows for b-trees of two levels. */
function createDatabase(path: string): void {
  withPlainConnection(path, (connection) => {
    connection.pragma('journal_mode = wal')
    connection.exec(`
      create table note (id integer primary key, title text, body text unique);
      create index note_title on note (title);
      create index note_length on note (length(title), id);
      create table word (a text primary key, b text) without rowid;
      create index word_b on word (b);
      create virtual table note_fts using fts5 (title, content = 'note', content_rowid = 'id');
      create virtual table own_fts using fts5 (content);
      create virtual table bare_fts using fts5 (text, content = '');
      create virtual table deletable_fts using fts5 (text, content='', contentless_delete=1);
      create virtual table old_fts using fts4 (text);
      create virtual table old_fts_note using fts4 (content="note", title);
      create virtual table old_bare_fts using fts4 (content="", text);
      create virtual table place using rtree (id, x0, x1);
      create table bare (text);`)
    connection.exec(`
      create temp table n as
        with recursive n (i) as (select 1 union all select i + 1 from n where i < ${rows}) select i from n;
      create temp table text as
        select i, 'title ' || i || hex(randomblob(20)) as title, 'body ' || i || ' ' || hex(randomblob(200)) as body from n;
      insert into note select i, title, body from text;
      insert into word select title, body from text;
      insert into own_fts (rowid, content) select i, body from text;
      insert into bare_fts (rowid, text) select i, body from text;
      insert into deletable_fts (rowid, text) select i, body from text;
      insert into old_fts (rowid, text) select i, body from text;
      insert into old_bare_fts (docid, text) select i, body from text;
      insert into place select i, i, i + 1 from text;
      insert into bare select body from text;
      insert into note_fts (note_fts) values ('rebuild');
      insert into old_fts_note (old_fts_note) values ('rebuild');`)
  })
}

beforeAll(() => {
  const dir = mkdtempSync(join(tmpdir(), 'datadir-test-'))
  createDatabase(join(dir, 'app.db'))
  sound = readFileSync(join(dir, 'app.db'))
  rmSync(dir, { recursive: true })
})

function soundDatabase(): string {
  const path = join(temporaryDirectory(), 'app.db')
  writeFileSync(path, sound)
  return path
}

/** Everything that is no index: what must be the same after a rebuild. */
function rowsOf(path: string): unknown {
  const tables = ['note', 'word', 'own_fts', 'bare', 'place', 'deletable_fts_docsize']
  return withPlainConnection(path, (connection) =>
    tables.map((table) =>
      connection.prepare(`select rowid, * from ${table}`.replace('rowid, * from word', '* from word')).all(),
    ),
  )
}

const searches = {
  note_fts: "select count(*) from note_fts where note_fts match 'title'",
  own_fts: "select count(*) from own_fts where own_fts match 'body'",
  old_fts: "select count(*) from old_fts where old_fts match 'body'",
  old_fts_note: "select count(*) from old_fts_note where old_fts_note match 'title'",
  bare_fts: "select count(*) from bare_fts where bare_fts match 'body'",
}

function searchesIn(connection: Database): unknown[] {
  return Object.values(searches).map((sql) => connection.prepare(sql).pluck().get())
}

const places: readonly WhichPages[] = ['leaf', 'root', 'all']

describe.each(places)('rubbish over its %s', (place) => {
  test.each([
    'note_title',
    'sqlite_autoindex_note_1',
    'word_b',
    'note_fts_data',
    'note_fts_idx',
    'note_fts_docsize',
    'note_fts_config',
    'own_fts_data',
    'own_fts_docsize',
    'old_fts_segments',
    'old_fts_segdir',
    'sqlite_autoindex_old_fts_segdir_1',
    'old_fts_docsize',
    'old_fts_note_stat',
  ])('%s is rebuilt, and every row is there', (name) => {
    const path = soundDatabase()
    const before = rowsOf(path)
    overwritePages(path, name, place)
    const damaged = readFileSync(path)
    expect(findDamage(path)).toBe('index')
    expect(readFileSync(path).equals(damaged)).toBe(true)

    rebuildIndexes(path)
    expect(rowsOf(path)).toEqual(before)
    withPlainConnection(path, (connection) => {
      expect(connection.pragma('integrity_check', { simple: true })).toBe('ok')
      expect(searchesIn(connection)).toEqual([rows, rows, rows, rows, rows])
    })
  })

  test.each([
    'note',
    'word',
    'own_fts_content',
    'bare_fts_data',
    'bare_fts_docsize',
    'deletable_fts_data',
    'old_fts_content',
    'old_bare_fts_segments',
    'place_node',
    'bare',
  ])('%s cannot be rebuilt, and nothing is changed', (name) => {
    const path = soundDatabase()
    overwritePages(path, name, place)
    const damaged = readFileSync(path)
    expect(findDamage(path)).toBe('data')
    expect(() => rebuildIndexes(path)).toThrow(expect.objectContaining({ code: 'SQLITE_CORRUPT' }))
    expect(readFileSync(path).equals(damaged)).toBe(true)
    expect(readdirSync(join(path, '..')).filter((file) => /partial|damaged/.test(file))).toEqual([])
  })
})

const asideIn = (path: string) =>
  readdirSync(join(path, '..')).filter((name) => /^app\.db\.damaged-.*Z$/.test(name))

test('an index that lacks entries is rebuilt in place', () => {
  const path = soundDatabase()
  runWithoutIndexes(path, ['note_title'], "insert into note values (9001, 'late', 'late')")
  expect(findDamage(path)).toBe('index')
  const { ino } = statSync(path)
  rebuildIndexes(path)
  expect(statSync(path).ino).toBe(ino)
  expect(asideIn(path)).toEqual([])
  withPlainConnection(path, (connection) => {
    const found = connection.prepare("select id from note indexed by note_title where title = 'late'")
    expect(found.pluck().get()).toBe(9001)
  })
})

test('a file whose index has entries of missing rows is set aside: they may be all that is left of the rows', () => {
  const path = soundDatabase()
  runWithoutIndexes(path, ['word_b'], 'delete from word where a in (select a from word limit 7)')
  expect(findDamage(path)).toBe('index')
  const damaged = readFileSync(path)
  rebuildIndexes(path)
  expect(findDamage(path)).toBe('none')
  const [aside = '', ...others] = asideIn(path)
  expect(others).toEqual([])
  expect(readFileSync(join(path, '..', aside)).equals(damaged)).toBe(true)
})

test('a table with fewer rows than each of its indexes has lost rows', () => {
  const path = soundDatabase()
  runWithoutIndexes(path, ['note_title', 'note_length'], 'delete from note where id > 490')
  expect(findDamage(path)).toBe('data')
})

test('rows that contradict a unique index cannot be rebuilt', () => {
  const path = soundDatabase()
  withPlainConnection(path, (connection) => connection.exec('create unique index bare_text on bare (text)'))
  runWithoutIndexes(path, ['bare_text'], 'insert into bare select text from bare limit 1')
  const damaged = readFileSync(path)
  expect(findDamage(path)).toBe('index')
  expect(() => rebuildIndexes(path)).toThrow(expect.objectContaining({ code: 'SQLITE_CORRUPT' }))
  expect(readFileSync(path).equals(damaged)).toBe(true)
})

test('a full-text index that finds rows its table does not have is rebuilt', () => {
  const path = soundDatabase()
  withPlainConnection(path, (connection) => {
    // FTS4 compares its index with the rows in every check.
    connection.exec('drop table old_fts_note; delete from note where id <= 3')
    const search = connection.prepare("select title from note_fts where note_fts match 'title'")
    expect(() => search.all()).toThrow(expect.objectContaining({ code: 'SQLITE_CORRUPT_VTAB' }))
    expect(connection.pragma('integrity_check', { simple: true })).toBe('ok')
  })
  expect(findDamage(path)).toBe('index')
  rebuildIndexes(path)
  withPlainConnection(path, (connection) =>
    expect(connection.prepare(searches.note_fts).pluck().get()).toBe(rows - 3),
  )
})

test('content that is only in the log is examined and rebuilt too', () => {
  const path = soundDatabase()
  const copy = join(temporaryDirectory(), 'app.db')
  overwritePages(path, 'own_fts_docsize', 'all')
  withPlainConnection(path, (connection) => {
    connection.exec("insert into note values (9002, 'in the log', 'in the log')")
    for (const suffix of ['', '-wal']) writeFileSync(copy + suffix, readFileSync(path + suffix))
  })
  const files = () => ['', '-wal'].map((suffix) => readFileSync(copy + suffix).toString('base64'))
  const before = files()
  expect(findDamage(copy)).toBe('index')
  expect(files()).toEqual(before)
  rebuildIndexes(copy)
  withPlainConnection(copy, (connection) =>
    expect(connection.prepare('select title from note where id = 9002').pluck().get()).toBe('in the log'),
  )
})

const offset = { min: 0, max: 4090 }
const damages = fc.oneof(
  fc.record({
    page: fc.double({ min: 0, max: 1, noNaN: true }),
    other: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
  fc.record({
    page: fc.double({ min: 0, max: 1, noNaN: true }),
    at: fc.oneof(fc.integer({ min: 0, max: 11 }), fc.integer(offset)),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 6 }),
  }),
)

test('if any page is damaged, a rebuild keeps every row, or the file that may have more rows', () => {
  const before = rowsOf(soundDatabase())
  const pages = sound.length / 4096
  const startOf = (fraction: number) => 4096 * (1 + Math.floor(fraction * (pages - 2)))
  fc.assert(
    fc.property(damages, (damage) => {
      const path = soundDatabase()
      const bytes = Buffer.from(sound)
      const start = startOf(damage.page)
      // A write to the wrong place, or some bytes.
      if ('other' in damage) sound.copy(bytes, start, startOf(damage.other), startOf(damage.other) + 4096)
      else bytes.set(damage.bytes, start + damage.at)
      writeFileSync(path, bytes)
      if (findDamage(path) !== 'index') return
      try {
        rebuildIndexes(path)
      } catch (error) {
        // Rows that contradict a unique index, for instance.
        expect(error).toMatchObject({ code: 'SQLITE_CORRUPT' })
        expect(readFileSync(path).equals(bytes)).toBe(true)
        return
      }
      expect(findDamage(path)).toBe('none')
      const [aside] = asideIn(path)
      if (aside) expect(readFileSync(join(path, '..', aside)).equals(bytes)).toBe(true)
      else expect(rowsOf(path)).toEqual(before)
    }),
    { numRuns: 40 },
  )
})

test('a table that keeps no text of its own is never rebuilt, in any spelling of its options', () => {
  const isRebuildable = (columns: string, hasContent = true, module = 'fts5') => {
    const sql = `create virtual table f using ${module} (${columns})`
    const tree = (name: string) => ({ type: 'table' as const, name, table: name, root: 5, sql: '' })
    const shadows = hasContent ? [tree('f_content')] : []
    return ftsTablesOf([{ ...tree('f'), root: 0, sql }, ...shadows])[0]?.isRebuildable
  }
  for (const sql of [
    "t, content=''",
    't, content=""',
    "t, CONTENT = ''",
    "t, content='', contentless_delete=1",
    "t, content='', contentless_unindexed=1",
    "t, content=/* none */''",
    't, content=[]',
    't, content=``',
    't, content=',
    "content, content=''",
    "t, content='note', content=''",
  ]) {
    expect([sql, isRebuildable(sql)]).toEqual([sql, false])
  }
  expect(isRebuildable('t', false)).toBe(false)
  for (const sql of [
    't',
    'content',
    '"content"',
    'content unindexed, t',
    "t, content='note'",
    't, content=note',
  ])
    expect([sql, isRebuildable(sql)]).toEqual([sql, true])
  expect(isRebuildable('content="note", t', false, 'fts4')).toBe(true)
})

test('a sound database is not changed', () => {
  const path = soundDatabase()
  expect(findDamage(path)).toBe('none')
  rebuildIndexes(path)
  expect(readFileSync(path).equals(sound)).toBe(true)
})

test('the schema cannot be rebuilt', () => {
  const path = soundDatabase()
  overwritePages(path, 'sqlite_schema', 'leaf')
  expect(findDamage(path)).toBe('data')
})
