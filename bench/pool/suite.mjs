// @ts-check
// npm run bench -- pool [--quick] [CASE …]: this package's pool against better-sqlite3 alone, Kysely's own dialect for
// it, and a dialect with one worker, all in one Electron main process.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { switches } from '../../scripts/desktop/start-app.mjs'
import { printTable } from './table.mjs'

const ourName = 'this package'

/**
 * A ratio's key, whose figure of ours it takes, whose of theirs, and the peer.
 * @type {readonly (readonly [string, string, string, string])[]}
 */
const ratios = [
  ['mainDelayP99VsSqliteDialect', 'mainDelayP99', 'mainDelayP99', 'SqliteDialect'],
  ['smallReadBehindSlowVsOneWorker', 'smallReadBehindSlow', 'smallReadBehindSlow', 'one worker'],
  ['pipelinedReadVsSqliteDialect', 'pipelinedRead', 'pipelinedRead', 'SqliteDialect'],
  ['awaitedReadVsSqliteDialect', 'awaitedRead', 'awaitedRead', 'SqliteDialect'],
  ['awaitedReadVsOneWorker', 'awaitedRead', 'awaitedRead', 'one worker'],
  ['transaction10VsSqliteDialect', 'transaction10', 'transaction10', 'SqliteDialect'],
  ['transaction10AllVsSqliteDialect', 'transaction10All', 'transaction10All', 'SqliteDialect'],
  ['batch10VsSqliteDialectTx', 'batch10', 'transaction10', 'SqliteDialect'],
  ['rows10kMainBusyVsSqliteDialect', 'rows10kMainBusy', 'rows10kMainBusy', 'SqliteDialect'],
]

/** @param {import('../../scripts/bench.mjs').BenchContext} context */
export async function measure({ electronPath, env, built, args }) {
  const folder = mkdtempSync(join(tmpdir(), 'datadir-bench-pool-'))
  try {
    const order = {
      built,
      folder,
      quick: args.includes('--quick'),
      only: args.filter((arg) => !arg.startsWith('-')),
    }
    const child = spawn(electronPath, [...switches, join(import.meta.dirname, 'app')], {
      env: { ...process.env, ...env, BENCH_POOL: JSON.stringify(order) },
      // Chromium complains there about a desktop that a virtual display does not have.
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    const [code, signal] = await once(child, 'exit')
    if (code !== 0) throw new Error(`the app that measures ended with ${signal ?? code}`)
    /** @type {import('./app/main.mjs').Figures} */
    const figures = JSON.parse(readFileSync(join(folder, 'result.json'), 'utf8'))
    printTable(figures)
    return ratiosOf(figures)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** @param {import('./app/main.mjs').Figures} figures */
function ratiosOf(figures) {
  /** @type {Record<string, number>} */
  const result = {}
  for (const [key, ourFigure, theirFigure, peer] of ratios) {
    const mine = figures[ourName]?.[ourFigure]
    const theirs = figures[peer]?.[theirFigure]
    if (mine !== undefined && theirs !== undefined) result[key] = Number((mine / theirs).toPrecision(3))
  }
  return result
}
