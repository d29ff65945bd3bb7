// @ts-check
// npm run adopt: follows docs/getting-started.md from its three starting points, as a reader does: a stock app, this package
// as it is published, the lines of the page, a packaged build, and two launches of it.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { argv } from 'node:process'
import { applyDiff, makeProject, packageProject } from './adopt/project.mjs'
import { startingPoints } from './adopt/starting-points.mjs'
import { tryOneLaunch, tryTwoLaunches } from './adopt/two-launches.mjs'
import { openVirtualDisplay } from './desktop/virtual-display.mjs'
import { packageFolder } from './setup/places.mjs'
import { fail } from './setup/step.mjs'
import { setup } from './setup.mjs'

const only = argv[2]

async function adopt() {
  const runtime = await setup({ virtualDisplay: true })
  const display = await openVirtualDisplay()
  Object.assign(process.env, display.env)
  const folder = mkdtempSync(join(tmpdir(), 'electron-datadir-adopt-'))
  try {
    const template = await makeProject(folder)
    for (const point of startingPoints) {
      if (only && only !== point.name) continue
      const project = join(folder, point.name)
      cpSync(template, project, { recursive: true, verbatimSymlinks: true })
      await adoptFrom(point, project, runtime)
    }
  } finally {
    display.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * @param {import('./adopt/starting-points.mjs').StartingPoint} point
 * @param {string} project
 * @param {Awaited<ReturnType<typeof setup>>} runtime
 */
async function adoptFrom({ name, before, adoption, keeps }, project, runtime) {
  process.stdout.write(`\n${name}\n`)
  const profile = join(project, 'profile')
  if (before) {
    applyDiff(project, before)
    await tryOneLaunch(await packageProject(project, name, runtime), profile)
  }
  applyDiff(project, adoption)
  await tryTwoLaunches(await packageProject(project, name, runtime), profile)
  if (keeps) countVisits(runtime.electronPath, join(profile, keeps))
}

/**
 * The launch before the adoption has left a row, the owner after it another, the contender none.
 * @param {string} electronPath
 * @param {string} database
 */
function countVisits(electronPath, database) {
  const script = `
    const Database = require(${JSON.stringify(packageFolder('better-sqlite3'))})
    const database = new Database(process.argv[1], { readonly: true })
    console.log(database.prepare('select count(*) from visit').pluck().get())`
  const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1' }
  const count = Number(execFileSync(electronPath, ['-e', script, database], { env, encoding: 'utf8' }))
  if (count !== 2) throw new Error(`${database} has ${count} visits, and should have 2`)
  process.stdout.write('  the database from before is the one that is used: 2 visits\n')
}

await adopt().catch(fail)
