// @ts-check
import { parseArgs } from 'node:util'
import { parseCount } from './driver.mjs'
import { filesystems } from './filesystem.mjs'
import { brokenScenarios, scenarios } from './scenarios.mjs'

/** @typedef {import('./scenarios.mjs').Scenario} Scenario */

export const usage = `npm run chaos -- [--rounds N] [--seed S] [--only SCENARIO] [--fs FILESYSTEM] [--users 2]

Processes race for one data directory. Meanwhile they are killed and stopped, and their lock file is removed.

  --rounds N       the number of rounds (default 200)
  --seed S         selects what happens in each round (default 1)
  --only SCENARIO  ${scenarios.join(', ')}
  --fs FILESYSTEM  ${filesystems.join(', ')}: the data directory is on a new one
  --users 2        a second user may write to the data directory and attacks it (needs root)
`

/** @throws {Error} for a wrong command line */
export function parseCommand() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '200' },
      seed: { type: 'string', default: '1' },
      only: { type: 'string' },
      fs: { type: 'string' },
      users: { type: 'string', default: '1' },
      help: { type: 'boolean', default: false },
    },
  })
  const names = /** @type {readonly Scenario[]} */ ([...scenarios, ...brokenScenarios])
  const only = names.find((name) => name === values.only)
  if (values.only !== undefined && !only) throw new Error(`--only takes one of ${names.join(', ')}.`)
  const fs = filesystems.find((name) => name === values.fs)
  if (values.fs !== undefined && !fs) throw new Error(`--fs takes one of ${filesystems.join(', ')}.`)
  if (!['1', '2'].includes(values.users)) throw new Error('--users takes 1 or 2.')
  return {
    built: positionals[0] ?? '',
    rounds: parseCount('--rounds', values.rounds, 1),
    seed: parseCount('--seed', values.seed, 0),
    only,
    fs,
    isHostile: values.users === '2',
    help: values.help,
  }
}
