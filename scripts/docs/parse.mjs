// @ts-check
import { readFileSync } from 'node:fs'
import { parseSync } from 'rolldown/utils'

/** @typedef {{ type: string, start: number, end: number, [key: string]: any }} Node */

/** @type {Map<string, { text: string, program: { body: Node[] }, comments: Node[] }>} */
const parsed = new Map()

/**
 * A source file with its syntax tree, read once.
 * @param {string} file
 */
export function parse(file) {
  let result = parsed.get(file)
  if (!result) {
    const text = readFileSync(file, 'utf8')
    const { program, comments } = parseSync(file, text)
    result = { text, program: /** @type {any} */ (program), comments: /** @type {any} */ (comments) }
    parsed.set(file, result)
  }
  return result
}
