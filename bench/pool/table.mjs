// @ts-check

/**
 * What a figure is called, and the unit it is printed in with how many of them a millisecond is.
 * @type {Record<string, readonly [string, string, number]>}
 */
const rows = {
  awaitedRead: ['point read, awaited one by one', 'µs', 1000],
  pipelinedRead: ['point read, 1000 at once', 'µs each', 1000],
  rows100: ['100 rows', 'µs', 1000],
  rows10k: ['10 k rows', 'ms', 1],
  rows10kMainBusy: ['10 k rows: main thread busy', 'ms', 1],
  transaction10: ['transaction of 10 awaited inserts', 'µs', 1000],
  transaction10All: ['transaction of 10 inserts at once', 'µs', 1000],
  batch10: ['the same as one batch', 'µs', 1000],
  smallReadBehindSlow: ['small read behind a 130 ms query', 'ms', 1],
  smallReadBehindSlowCold: ['the same, first time after opening', 'ms', 1],
  mainDelayP50: ['main-thread delay under load, p50', 'ms', 1],
  mainDelayP99: ['main-thread delay under load, p99', 'ms', 1],
  mainDelayMax: ['main-thread delay under load, max', 'ms', 1],
  abortRejected: ['abort of a slow query: rejected after', 'ms', 1],
  abortUsable: ['abort of a slow query: pool free after', 'ms', 1],
  import: ['import of 100 MB (10 with --quick)', 'ms', 1],
  importMainDelayMax: ['import: main-thread delay, max', 'ms', 1],
  open: ['open, first read', 'ms', 1],
  close: ['close', 'ms', 1],
  memoryOpen: ['memory of an open database', 'MB', 1],
  memoryWarm: ['the same, after a read had to wait', 'MB', 1],
}

const legend = `Median of the rounds. Main thread busy: its processor time as the kernel counts it. Main-thread delay: how late its
timers fire while one loop runs a 130 ms query, one reads 1000 rows and one writes transactions of ten, each giving way
after every step. Pool free: so long until eight reads at once are all answered. Memory: growth of what the
process shares with no other.`

/** @param {import('./app/main.mjs').Figures} figures */
export function printTable(figures) {
  const peers = Object.keys(figures)
  const lines = [['', ...peers, '']]
  for (const [key, [title, unit, perMillisecond]] of Object.entries(rows)) {
    const values = peers.map((peer) => figures[peer]?.[key])
    if (values.every((value) => value === undefined)) continue
    lines.push([
      title,
      ...values.map((value) => (value === undefined ? '–' : shown(value * perMillisecond))),
      unit,
    ])
  }
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  )
  for (const line of lines) {
    const cells = line.map((cell, column) => {
      const width = widths[column] ?? 0
      return column === 0 || column === line.length - 1 ? cell.padEnd(width) : cell.padStart(width)
    })
    process.stdout.write(`${cells.join('  ').trimEnd()}\n`)
  }
  process.stdout.write(`\n${legend}\n`)
}

/** @param {number} value */
function shown(value) {
  return value >= 100 ? value.toFixed(0) : value >= 1 ? value.toFixed(1) : value.toFixed(2)
}
