import { parseArgs } from 'node:util'
import { waitForRelease } from '../lock/wait-for-release.ts'
import { loadFlock } from '../platform/flock.ts'
import {
  type Command,
  directoryAmong,
  exitCode,
  exitCodesHelp,
  nameOption,
  parsing,
  secondsOf,
} from './command-line.ts'
import { inspect } from './inspect.ts'
import { complain } from './output.ts'

const help = `Usage: electron-datadir wait DIR [--name NAME] [--timeout SECONDS]

Returns when a data directory is free. It may be taken again in the next moment: to do something while nobody can,
use \`electron-datadir exec DIR --wait SECONDS -- COMMAND\`.

  --name NAME        the name the app chose; its lock is NAME.lock (default: app)
  --timeout SECONDS  give up after that time; 0 looks once (default: waits for ever). If the directory does not answer,
                     give up two seconds later with 69 (Linux)

${exitCodesHelp}`

/** `wait DIR`: exit code 0 when free, 75 when the time is up. */
export const wait: Command = {
  help,
  async run(args) {
    const { values, positionals } = parsing(() =>
      parseArgs({ args, allowPositionals: true, options: { ...nameOption, timeout: { type: 'string' } } }),
    )
    const dir = directoryAmong(positionals)
    const timeout = values.timeout === undefined ? Infinity : secondsOf('--timeout', values.timeout)
    const started = performance.now()
    if (!(await inspect(dir, values.name)).held) return exitCode.ok
    // The last look, which says "free", needs it. Better to fail, or to be relaunched, before the waiting.
    loadFlock()
    const left = Math.max(0, timeout - (performance.now() - started))
    if (await waitForRelease(dir, { name: values.name, timeout: left })) return exitCode.ok
    complain(`${dir} is still held after ${timeout / 1000} s`)
    return exitCode.held
  },
}
