// @ts-check
// What the drivers of chaos/ and crash/ have in common.
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * @param {string} option
 * @param {string} text
 * @param {number} least so that a run without a round is an error and does not pass
 */
export function parseCount(option, text, least) {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (Number.isSafeInteger(number) && number >= least) return number
  throw new Error(`${option} takes a whole number of at least ${least}, not ${JSON.stringify(text)}.`)
}

/**
 * Makes a folder for the files of a run.
 * @param {string} name
 * @returns {{ folder: string, atEnd: (() => void)[] }} what is called when this process ends, the last one first. The first
 * one removes the folder.
 */
export function openRunFolder(name) {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), `datadir-${name}-`)))
  const atEnd = [() => rmSync(folder, { recursive: true, force: true })]
  // A stopped process would outlive its driver.
  process.on('exit', () => {
    for (const close of atEnd.toReversed()) close()
  })
  process.on('SIGINT', () => process.exit(130))
  process.on('SIGTERM', () => process.exit(143))
  return { folder, atEnd }
}

/** Ends this process with exit code 2 and one line on stderr. @param {unknown} error */
export function fail(error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
  process.exit(2)
}
