// @ts-check
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * A stamp records that a set of files was finished for `key`, with their sizes and times. Files that are incomplete, were
 * deleted or were changed later do not match it.
 * @param {string} stamp
 * @param {string} key
 * @param {string[]} files
 */
export function writeStamp(stamp, key, files) {
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(
    stamp,
    JSON.stringify({ key, files: Object.fromEntries(files.map((file) => [file, look(file)])) }),
  )
}

/**
 * @param {string} stamp
 * @param {string} key
 */
export function isStamped(stamp, key) {
  try {
    const { key: stampedKey, files } = JSON.parse(readFileSync(stamp, 'utf8'))
    return key === stampedKey && Object.entries(files).every(([file, then]) => look(file) === then)
  } catch {
    return false
  }
}

/** @param {string} file */
function look(file) {
  const { size, mtimeMs } = statSync(file)
  return `${size} ${mtimeMs}`
}
