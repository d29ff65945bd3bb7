// @ts-check
// Prints the content of a database that no process has open: `count.mjs FILE`. One line of JSON: the numbers that each app wrote, or the
// error.
import Database from 'better-sqlite3'

try {
  const db = new Database(process.argv[2])
  const integrity = db.pragma('integrity_check', { simple: true })
  /** @type {Record<string, number[]>} */
  const rows = {}
  for (const { app, n } of /** @type {{ app: string, n: number }[]} */ (
    db.prepare('select * from line').all()
  )) {
    rows[app] ??= []
    rows[app].push(n)
  }
  process.stdout.write(`${JSON.stringify({ integrity, rows })}\n`)
} catch (error) {
  process.stdout.write(`${JSON.stringify({ integrity: String(error), rows: {} })}\n`)
}
