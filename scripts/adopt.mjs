// @ts-check
// npm run adopt: follows docs/getting-started.md, docs/starting-points.md and docs/forge.md as a reader does: a stock app,
// this package as it is published, the lines of the page, a packaged build, and two launches of it.
// `npm run adopt -- NAME …` follows only these.
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { argv } from 'node:process'
import { applyDiff, editPackageJson, install } from './adopt/project.mjs'
import { startingPoints } from './adopt/starting-points.mjs'
import { templates } from './adopt/templates.mjs'
import { tryOneLaunch, tryTwoLaunches } from './adopt/two-launches.mjs'
import { checkVisits } from './adopt/visits.mjs'
import { tryWrongKey } from './adopt/wrong-key.mjs'
import { openVirtualDisplay } from './desktop/virtual-display.mjs'
import { buildNativeModules } from './setup/native-modules.mjs'
import { root } from './setup/places.mjs'
import { npm } from './setup/run.mjs'
import { fail, step } from './setup/step.mjs'
import { setup } from './setup.mjs'

// The package needs them for a database only. A starting point that does not install them must do without.
const optional = ['kysely', 'better-sqlite3']

async function adopt() {
  const points = chosen(argv.slice(2))
  const runtime = await setup({ virtualDisplay: true })
  if (points.some(({ keeps }) => keeps?.key)) await buildNativeModules(runtime, { tests: true })
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
async function makeProject({ name, template, packages, overrides }, folder, runtime) {
  const stock = made.get(template) ?? makeStockProject(template, folder, runtime)
  made.set(template, stock)
  const project = join(folder, name)
  cpSync(await stock, project, { recursive: true, verbatimSymlinks: true })
  if (overrides) editPackageJson(project, { overrides })
  if (packages.length > 0) await install(project, packages)
  for (const module of optional) {
    const isWanted = packages.some((spec) => spec === module || spec.startsWith(`${module}@`))
    if (isWanted !== existsSync(join(project, 'node_modules', module))) {
      throw new Error(`${module} is ${isWanted ? 'not installed' : 'installed, too'}`)
    }
  }
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
    await install(project, [await packThis(folder)])
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
  applyDiff(project, adoption)
  const executable = await pack()
  await tryTwoLaunches(executable, profile)
  if (!keeps) return
  // The owner has added a row to the one from before, the contender none.
  checkVisits(runtime.electronPath, profile, keeps, 2)
  const { file, key } = keeps
  if (key) await tryWrongKey(executable, profile, { file, key }, runtime.electronPath)
}

await adopt().catch(fail)
