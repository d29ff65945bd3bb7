// @ts-check
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../setup/places.mjs'

/**
 * @typedef {object} StartingPoint
 * @property {string} name
 * @property {import('./templates.mjs').TemplateName} template
 * @property {string[]} packages what is installed besides this package and what the template has
 * @property {Record<string, unknown>} [overrides] npm's, for a package whose peers have other versions here
 * @property {string} [before] what the template becomes first, as a diff
 * @property {import('./visits.mjs').Visits} [keeps] what the app wrote before, and writes still
 * @property {string} adoption the change that a page of docs shows, as a diff
 */

const kysely = 'kysely@0.29'
const pool = [kysely, 'better-sqlite3']

/** @type {StartingPoint[]} */
export const startingPoints = [
  {
    name: 'template',
    template: 'vanilla-ts',
    packages: pool,
    adoption: diffUnder('getting-started', 'From the electron-vite template'),
  },
  {
    name: 'vue',
    template: 'vue-ts',
    packages: pool,
    adoption: diffUnder('getting-started', 'From the electron-vite template'),
  },
  {
    name: 'single-instance-lock',
    template: 'vanilla-ts',
    packages: [],
    before: ownDiff('single-instance-lock'),
    adoption: diffUnder('getting-started', 'From `app.requestSingleInstanceLock()`'),
  },
  {
    name: 'sqlite-dialect',
    template: 'vanilla-ts',
    packages: pool,
    before: ownDiff('sqlite-dialect'),
    keeps: { file: 'visits.db' },
    adoption: diffUnder('getting-started', "From Kysely's SqliteDialect"),
  },
  {
    name: 'better-sqlite3',
    template: 'vanilla-ts',
    packages: [...pool, 'sqlite-vec@0.1.9', '@types/better-sqlite3'],
    before: ownDiff('better-sqlite3'),
    keeps: { file: 'visits.db' },
    adoption: diffUnder('starting-points', 'better-sqlite3, with a function and an extension'),
  },
  {
    name: 'multiple-ciphers',
    template: 'vanilla-ts',
    packages: [kysely, 'better-sqlite3-multiple-ciphers'],
    before: ownDiff('multiple-ciphers'),
    keeps: { file: 'visits.db', key: 'open sesame' },
    adoption: diffUnder('starting-points', 'An encrypted database'),
  },
  {
    name: 'drizzle',
    template: 'vanilla-ts',
    packages: [...pool, 'drizzle-orm@0.45', '@types/better-sqlite3'],
    before: ownDiff('drizzle'),
    keeps: { file: 'visits.db' },
    adoption: diffUnder('starting-points', 'drizzle'),
  },
  {
    name: 'knex',
    template: 'vanilla-ts',
    packages: [...pool, 'knex@3.3'],
    before: ownDiff('knex'),
    keeps: { file: 'visits.db' },
    adoption: diffUnder('starting-points', 'knex'),
  },
  {
    name: 'typeorm',
    template: 'vanilla-ts',
    packages: ['better-sqlite3', 'typeorm@1.1'],
    // Its peer is better-sqlite3 12, and this clone has compiled 13.
    overrides: { typeorm: { 'better-sqlite3': '>=12' } },
    before: ownDiff('typeorm'),
    keeps: { file: 'visits.db' },
    adoption: diffUnder('starting-points', 'TypeORM'),
  },
  {
    name: 'no-database',
    template: 'vanilla-ts',
    packages: [],
    before: ownDiff('no-database'),
    keeps: { file: 'visits.txt' },
    adoption: diffUnder('starting-points', 'A file'),
  },
  {
    name: 'forge-vite',
    template: 'forge-vite-typescript',
    packages: pool,
    adoption: diffUnder('forge', 'Vite'),
  },
  {
    name: 'forge-vite-esm',
    template: 'forge-vite-typescript',
    packages: pool,
    adoption: diffUnder('forge', 'Vite') + diffUnder('forge', 'Vite, with an ES module as main process'),
  },
  {
    name: 'forge-webpack',
    template: 'forge-webpack-typescript',
    packages: pool,
    adoption: diffUnder('forge', 'webpack'),
  },
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
