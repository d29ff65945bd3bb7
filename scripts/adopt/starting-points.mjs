// @ts-check
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../setup/places.mjs'

/**
 * @typedef {object} StartingPoint
 * @property {string} name
 * @property {string | undefined} before what the template becomes first, as a diff
 * @property {string} [keeps] the database that was there before, in the profile, with a table `visit`: a row a launch
 * @property {string} adoption the change that docs/getting-started.md shows, as a diff
 */

const page = readFileSync(join(root, 'docs', 'getting-started.md'), 'utf8')

/** @type {StartingPoint[]} */
export const startingPoints = [
  { name: 'template', before: undefined, adoption: diffUnder('From the electron-vite template') },
  {
    name: 'sqlite-dialect',
    keeps: 'visits.db',
    before: ownDiff('sqlite-dialect'),
    adoption: diffUnder("From Kysely's SqliteDialect"),
  },
  {
    name: 'single-instance-lock',
    before: ownDiff('single-instance-lock'),
    adoption: diffUnder('From `app.requestSingleInstanceLock()`'),
  },
]

/** @param {string} name */
function ownDiff(name) {
  return readFileSync(join(import.meta.dirname, `${name}.diff`), 'utf8')
}

/** @param {string} heading */
function diffUnder(heading) {
  const section = page.split(/^## /m).find((text) => text.startsWith(`${heading}\n`))
  const diff = /^```diff\n([\s\S]+?)^```$/m.exec(section ?? '')?.[1]
  if (!diff) throw new Error(`docs/getting-started.md has no diff under “${heading}”`)
  return diff
}
