// @ts-check
// npm run bench -- notes [NOTES] [FILES]: what the user of Notes, the example app, waits for. The app imports 50,000 files,
// and searches, scrolls and types in 200,000 notes. The peers are better-sqlite3 alone, in the same run.

import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { buildApp } from '../../scripts/build-app.mjs'
import { say } from '../../scripts/say.mjs'
import { quantile } from '../statistics.mjs'
import { start } from './app.mjs'
import { writeFiles } from './notes.mjs'

/** @param {import('../../scripts/bench.mjs').BenchContext} context */
export async function measure({ electronPath, env, args: [notes = '200000', files = '50000'] }) {
  await buildApp(env)
  const folder = mkdtempSync(join(tmpdir(), 'bench-notes-'))
  const place = { electronPath, env: { ...process.env, ...env }, folder }
  try {
    const imported = await measureImport(place, Number(files))
    await plain(place, 'fill', Number(notes))
    const bareSearch = await plain(place, 'search')
    const used = await measureUse(place, Number(notes))
    /** @type {readonly (readonly [string, number])[]} */
    const rows = [
      ['imported files a second', imported.perSecond],
      ['… of a plain insert loop', imported.plainPerSecond],
      ['first matches of a frequent word, ms, median', quantile(used.search, 0.5)],
      ['… the slowest', quantile(used.search, 1)],
      ['… of a bare FTS query', bareSearch],
      ['End key to the last of all notes, ms', used.end],
      ['scrollbar to the last of all notes, ms', used.scroll],
      ['key to paint in a note of 5 MB, ms, median', quantile(used.typing, 0.5)],
      ['… p99', quantile(used.typing, 0.99)],
    ]
    for (const [title, figure] of rows) say(title.padEnd(48) + figure.toFixed(1).padStart(10))
    const ratio = (/** @type {number} */ ours, /** @type {number} */ theirs) =>
      Number((ours / theirs).toPrecision(3))
    return {
      importVsInsertLoop: ratio(imported.plainPerSecond, imported.perSecond),
      searchVsBareQuery: ratio(quantile(used.search, 0.5), bareSearch),
    }
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 })
  }
}

/** @typedef {{ electronPath: string, env: NodeJS.ProcessEnv, folder: string }} Place */

/**
 * @param {Place} place
 * @param {number} count
 */
async function measureImport(place, count) {
  const files = join(place.folder, 'files')
  writeFiles(files, count)
  // This makes the database. The loop fills a copy of it.
  await (await start(place)).close()
  const seconds = await plain(place, 'insert', count)
  const app = await start(place)
  const ms = await app.importFolder(files, count)
  await app.close()
  return { perSecond: (count / ms) * 1000, plainPerSecond: count / seconds }
}

/**
 * @param {Place} place
 * @param {number} count
 */
async function measureUse(place, count) {
  const app = await start(place)
  const search = []
  for (let round = 0; round < 10; round += 1)
    search.push(await app.search(round % 2 === 0 ? 'meeting' : 'common'))
  const end = await app.pressEnd(count)
  const scroll = await app.scrollToEnd(count)
  const typing = await app.typeInLargeNote(200)
  await app.close()
  return { search, end, scroll, typing }
}

/**
 * Runs better-sqlite3 alone, in Electron's Node, and returns its figure.
 * @param {Place} place
 * @param {'fill' | 'insert' | 'search'} what
 * @param {number} [count]
 */
async function plain({ electronPath, env, folder }, what, count = 0) {
  const args = [join(import.meta.dirname, 'plain.mjs'), folder, what, String(count)]
  const { stdout } = await promisify(execFile)(electronPath, args, {
    env: { ...env, ELECTRON_RUN_AS_NODE: '1' },
  })
  return Number(stdout)
}
