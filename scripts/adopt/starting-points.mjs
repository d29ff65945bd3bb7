// @ts-check
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../setup/places.mjs'

/**
 * @typedef {object} StartingPoint
 * @property {string} name
 * @property {import('./templates.mjs').TemplateName} template
 * @property {string[]} [uses] packages that the app had before, besides those that docs/getting-started.md installs
 * @property {string} [before] what the template becomes first, as a diff
 * @property {Visits} [keeps] the database that the app had before
 * @property {string} [adoption] the change that a page of docs shows, as a diff. Without it, the app is only started as it
 * was before
 */

/**
 * A database with a table `visit`: a row a launch.
 * @typedef {object} Visits
 * @property {string} file in the profile
 * @property {string} [key] of an encrypted one
 */

/** @type {StartingPoint[]} */
export const startingPoints = [
  {
    name: 'template',
    template: 'vanilla-ts',
    adoption: diffUnder('getting-started', 'From the electron-vite template'),
  },
  {
    name: 'vue',
    template: 'vue-ts',
    adoption: diffUnder('getting-started', 'From the electron-vite template'),
  },
  {
    name: 'sqlite-dialect',
    template: 'vanilla-ts',
    before: ownDiff('sqlite-dialect'),
    keeps: { file: 'visits.db' },
    adoption: diffUnder('getting-started', "From Kysely's SqliteDialect"),
  },
  {
    name: 'single-instance-lock',
    template: 'vanilla-ts',
    before: ownDiff('single-instance-lock'),
    adoption: diffUnder('getting-started', 'From `app.requestSingleInstanceLock()`'),
  },
  {
    name: 'forge-vite',
    template: 'forge-vite-typescript',
    adoption: diffUnder('forge', 'Vite'),
  },
  {
    name: 'forge-vite-esm',
    template: 'forge-vite-typescript',
    adoption: diffUnder('forge', 'Vite') + diffUnder('forge', 'Vite, with an ES module as main process'),
  },
  {
    name: 'forge-webpack',
    template: 'forge-webpack-typescript',
    adoption: diffUnder('forge', 'webpack'),
  },
  // Not adopted yet.
  {
    name: 'better-sqlite3',
    template: 'vanilla-ts',
    uses: ['sqlite-vec@0.1.9', '@types/better-sqlite3'],
    before: ownDiff('better-sqlite3'),
    keeps: { file: 'visits.db' },
  },
  {
    name: 'multiple-ciphers',
    template: 'vanilla-ts',
    uses: ['better-sqlite3-multiple-ciphers@12.11.1'],
    before: ownDiff('multiple-ciphers'),
    keeps: { file: 'visits.db', key: 'open sesame' },
  },
  {
    name: 'drizzle',
    template: 'vanilla-ts',
    uses: ['drizzle-orm@0.45', '@types/better-sqlite3'],
    before: ownDiff('drizzle'),
    keeps: { file: 'visits.db' },
  },
  {
    name: 'knex',
    template: 'vanilla-ts',
    uses: ['knex@3.3'],
    before: ownDiff('knex'),
    keeps: { file: 'visits.db' },
  },
  {
    name: 'typeorm',
    template: 'vanilla-ts',
    uses: ['typeorm@1.1'],
    before: ownDiff('typeorm'),
    keeps: { file: 'visits.db' },
  },
  { name: 'no-database', template: 'vanilla-ts', before: ownDiff('no-database') },
]

/** @param {string} name */
function ownDiff(name) {
  return readFileSync(join(import.meta.dirname, `${name}.diff`), 'utf8')
}

/**
 * @param {string} page of docs
 * @param {string} heading
 */
function diffUnder(page, heading) {
  const text = readFileSync(join(root, 'docs', `${page}.md`), 'utf8')
  const section = text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`))
  const diff = /^```diff\n([\s\S]+?)^```$/m.exec(section ?? '')?.[1]
  if (!diff) throw new Error(`docs/${page}.md has no diff under “${heading}”`)
  return diff
}
