import { waitForRelease } from '../lock/wait-for-release.ts'
import { loadFlock } from '../platform/flock.ts'
import { type Command, directoryAmong, exitCode, nameOption, parse, secondsOf } from './command-line.ts'
import { inspect } from './inspect.ts'
import { complain } from './output.ts'

const help = `Usage: electron-datadir wait DIR [--name NAME] [--timeout SECONDS]

Returns when a data directory is free. Another process may take it in the next moment. To do something while no other
process can take it, use \`electron-datadir exec DIR --wait SECONDS -- COMMAND\`.

  --name NAME        the name the app chose; its lock is NAME.lock (default: app)
  --timeout SECONDS  give up after that time; 0 looks once (default: no limit). If the directory does not answer, give
                     up two seconds later with 69 (Linux)`

/** `wait DIR`: exit code 0 if the directory is free, 75 if the time is up. */
export const wait: Command = {
  help,
  async run(args) {
    const { values, positionals } = parse(args, { ...nameOption, timeout: { type: 'string' } })
    const dir = directoryAmong(positionals)
    const timeout = values.timeout === undefined ? Infinity : secondsOf('--timeout', values.timeout)
    const started = performance.now()
    if (!(await inspect(dir, values.name)).held) return exitCode.ok
    // The last check needs fs-ext. If it does not load, this process fails or starts again in Electron before it waits.
    loadFlock()
    const left = Math.max(0, timeout - (performance.now() - started))
    if (await waitForRelease(dir, { name: values.name, timeout: left })) return exitCode.ok
    complain(`${dir} is still held after ${timeout / 1000} s`)
    return exitCode.held
  },
}
