// @ts-check
// npm run netfs [-- --only ROW,ROW] [--markdown]: two virtual machines share a data directory, over each protocol and with
// each mount option that matters. It prints which host owned the directory, the warnings of each host, and the lost rows. The
// exit code is 1 if a result differs from the expected one. docs/several-computers.md has the table of a run.
import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { argv, stdout } from 'node:process'
import { parseArgs } from 'node:util'
import { failuresOf } from './netfs/expectations.mjs'
import { accelerator } from './netfs/guest.mjs'
import { startHosts } from './netfs/hosts.mjs'
import { projectImage } from './netfs/project-image.mjs'
import { installQemu } from './netfs/qemu.mjs'
import { rows } from './netfs/rows.mjs'
import { runRow } from './netfs/run-row.mjs'
import { systemImage } from './netfs/system-image.mjs'
import { markdownOf, textOf } from './netfs/table.mjs'
import { userCache } from './setup/places.mjs'
import { fail } from './setup/step.mjs'
import { inWorkFolder } from './setup/work-folder.mjs'
import { setup } from './setup.mjs'

const started = performance.now()

/** @param {string} text */
const say = (text) => {
  stdout.write(`netfs: ${Math.round((performance.now() - started) / 1000)} s: ${text}\n`)
}

async function netfs() {
  const { values } = parseArgs({
    args: argv.slice(2),
    options: { only: { type: 'string' }, markdown: { type: 'boolean' } },
  })
  const wanted = chosenRows(values.only)
  const missing = await installQemu()
  if (missing) {
    stdout.write(`netfs: skipped: ${missing}\n`)
    return
  }
  const runtime = await setup({ virtualDisplay: false })
  const { versions, ...system } = await systemImage(runtime)
  mkdirSync(userCache, { recursive: true })
  await inWorkFolder(userCache, async (folder) => {
    const images = { ...system, project: await projectImage(folder) }
    say(`two hosts start, ${accelerator() === 'kvm' ? 'with KVM' : 'in software emulation: this is slow'}`)
    const hosts = await startHosts(folder, images)
    try {
      const outcomes = []
      for (const row of wanted) {
        const outcome = await runRow(row, hosts, (text) => say(`${row.id}: ${text}`))
        for (const failure of failuresOf(outcome)) say(`${row.id}: NOT AS EXPECTED: ${failure}`)
        outcomes.push(outcome)
      }
      stdout.write(`\n${textOf(outcomes)}\n\n`)
      if (values.markdown) stdout.write(`${markdownOf(outcomes)}\n\n`)
      const qemu = spawnSync('qemu-system-x86_64', ['--version'], { encoding: 'utf8' }).stdout.split('\n')[0]
      stdout.write(
        `${Object.entries(versions)
          .map((entry) => entry.join(' '))
          .join(', ')}, ${qemu}\n`,
      )
      const failures = outcomes.flatMap(failuresOf)
      stdout.write(`${wanted.length} rows, ${failures.length} not as expected\n`)
      if (failures.length > 0) process.exitCode = 1
    } finally {
      await hosts.stop()
    }
  })
}

/** @param {string | undefined} only */
function chosenRows(only) {
  const ids = only?.split(',')
  const chosen = rows.filter(({ id }) => !ids || ids.includes(id))
  if (ids && chosen.length !== ids.length) throw new Error(`--only ${rows.map(({ id }) => id).join(',')}`)
  return chosen
}

await netfs().catch(fail)
