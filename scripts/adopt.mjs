// @ts-check
// npm run adopt: follows docs/getting-started.md and docs/forge.md from their starting points, as a reader does: a stock app,
// this package as it is published, the lines of the page, a packaged build, and two launches of it.
// `npm run adopt -- NAME …` follows only these.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { argv } from 'node:process'
import { applyDiff, install } from './adopt/project.mjs'
import { startingPoints } from './adopt/starting-points.mjs'
import { templates } from './adopt/templates.mjs'
import { tryOneLaunch, tryTwoLaunches } from './adopt/two-launches.mjs'
import { openVirtualDisplay } from './desktop/virtual-display.mjs'
import { packageFolder, root } from './setup/places.mjs'
import { npm } from './setup/run.mjs'
import { fail, step } from './setup/step.mjs'
import { setup } from './setup.mjs'

// What docs/getting-started.md has people install, and what it needs.
const installed = ['kysely@0.29', 'better-sqlite3']

async function adopt() {
  const points = chosen(argv.slice(2))
  const runtime = await setup({ virtualDisplay: true })
  const display = await openVirtualDisplay()
  Object.assign(process.env, display.env)
  const folder = mkdtempSync(join(tmpdir(), 'electron-datadir-adopt-'))
  try {
    for (const point of points) {
      const started = performance.now()
      process.stdout.write(`\n${point.name}\n`)
      await adoptFrom(point, await makeProject(point, folder, runtime), runtime)
      process.stdout.write(`  ${((performance.now() - started) / 1000).toFixed(0)} s\n`)
    }
  } finally {
    display.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** @param {string[]} names */
function chosen(names) {
  const unknown = names.find((name) => !startingPoints.some((point) => point.name === name))
  if (unknown) {
    throw new Error(
      `no starting point ${unknown}; there are ${startingPoints.map(({ name }) => name).join(', ')}`,
    )
  }
  return startingPoints.filter(({ name }) => names.length === 0 || names.includes(name))
}

/** @type {Map<string, Promise<string>>} */
const made = new Map()

/**
 * A stock app that has this package installed, and does not use it yet.
 * @param {import('./adopt/starting-points.mjs').StartingPoint} point
 * @param {string} folder
 * @param {import('./adopt/templates.mjs').Runtime} runtime
 */
async function makeProject({ name, template, uses }, folder, runtime) {
  const stock = made.get(template) ?? makeStockProject(template, folder, runtime)
  made.set(template, stock)
  const project = join(folder, name)
  cpSync(await stock, project, { recursive: true, verbatimSymlinks: true })
  if (uses) await install(project, uses)
  return project
}

/**
 * @param {import('./adopt/templates.mjs').TemplateName} name
 * @param {string} folder
 * @param {import('./adopt/templates.mjs').Runtime} runtime
 */
async function makeStockProject(name, folder, runtime) {
  const template = templates[name]
  const project = join(folder, `stock-${name}`)
  const about = {
    name: 'app',
    doing: `${template.spec}, npm install`,
    next: 'see whether npm reaches its registry (npm ping), then run this again',
  }
  await step(about, async () => {
    await template.make(project, runtime)
    await install(project, [await packThis(folder), ...installed])
  })
  return project
}

/** @param {string} folder */
async function packThis(folder) {
  const find = () => readdirSync(folder).find((name) => name.endsWith('.tgz'))
  if (!find()) await npm('npm-pack', ['pack', root, '--pack-destination', folder], folder)
  return join(folder, find() ?? '')
}

/**
 * @param {import('./adopt/starting-points.mjs').StartingPoint} point
 * @param {string} project
 * @param {import('./adopt/templates.mjs').Runtime} runtime
 */
async function adoptFrom({ name, template, before, keeps, adoption }, project, runtime) {
  const profile = join(project, 'profile')
  const pack = () => templates[template].package(project, name, runtime)
  if (before) {
    applyDiff(project, before)
    await tryOneLaunch(await pack(), profile)
    if (keeps) checkVisits(runtime.electronPath, profile, keeps, 1)
  }
  if (!adoption) return
  applyDiff(project, adoption)
  await tryTwoLaunches(await pack(), profile)
  // The owner has added a row to the one from before, the contender none.
  if (keeps) checkVisits(runtime.electronPath, profile, keeps, 2)
}

/**
 * @param {string} electronPath
 * @param {string} profile
 * @param {import('./adopt/starting-points.mjs').Visits} visits
 * @param {number} wanted
 */
function checkVisits(electronPath, profile, { file, key }, wanted) {
  const path = join(profile, file)
  const isPlain = readFileSync(path).subarray(0, 15).toString() === 'SQLite format 3'
  if (key && isPlain) throw new Error(`${path} is not encrypted`)
  const module = key ? 'better-sqlite3-multiple-ciphers' : 'better-sqlite3'
  const script = `
    const Database = require(${JSON.stringify(packageFolder(module))})
    const [, path, key] = process.argv
    const database = new Database(path, { readonly: true })
    if (key) database.pragma(\`key='\${key}'\`)
    console.log(database.prepare('select count(*) from visit').pluck().get())`
  const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1' }
  const args = ['-e', script, path, ...(key ? [key] : [])]
  const count = Number(execFileSync(electronPath, args, { env, encoding: 'utf8' }))
  if (count !== wanted) throw new Error(`${path} has ${count} visits, and should have ${wanted}`)
  process.stdout.write(`  ${key ? 'the encrypted database' : 'the database'} of the app: ${count} visits\n`)
}

await adopt().catch(fail)
