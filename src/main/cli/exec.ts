import { basename } from 'node:path'
import { parseArgs } from 'node:util'
import { warnedAbout } from '../directory/warnings.ts'
import type { LockLostError } from '../lock/errors.ts'
import { withDataDirLock } from '../lock/with-data-dir-lock.ts'
import { runToEnd } from './child.ts'
import {
  type Command,
  directoryAmong,
  exitCode,
  exitCodesHelp,
  nameOption,
  packageVersion,
  parsing,
  secondsOf,
  UsageError,
} from './command-line.ts'
import { complain } from './output.ts'
import { environmentOfUser, tellWatcher } from './respawn.ts'

const help = `Usage: electron-datadir exec DIR [--name NAME] [--wait SECONDS] -- COMMAND [ARGUMENT…]

Runs COMMAND while holding the lock of a data directory, so that no app opens it meanwhile: a backup, a repair, a
look with sqlite3. The directory is created (mode 0700) where it is missing. COMMAND finds its real path in
ELECTRON_DATADIR. SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGUSR1 and SIGUSR2 are passed on to COMMAND; Ctrl-C and Ctrl-\\
reach it from the terminal.

The lock belongs to electron-datadir, not to COMMAND: it falls when electron-datadir ends, however it ends, and a
COMMAND that takes the same lock itself is refused. Where the lock is lost meanwhile (somebody moves or removes the
directory) a line on stderr says so within 2 s, COMMAND runs on, and the exit code is 69 in place of COMMAND's 0.

  --name NAME     the name the app chose; its lock is NAME.lock (default: app)
  --wait SECONDS  when held, keep trying for that time (default: 0, fails at once)

${exitCodesHelp}
 126  COMMAND cannot be run
 127  COMMAND was not found
   n  COMMAND's own exit code; 128 + the signal's number when a signal ended it`

/** `exec DIR -- COMMAND`: COMMAND's exit code, or 75 when the directory is held. */
export const exec: Command = {
  help,
  async run(args) {
    const split = args.indexOf('--')
    if (split < 0) throw new UsageError('no command given; it follows --')
    const { values, positionals } = parsing(() =>
      parseArgs({
        args: args.slice(0, split),
        allowPositionals: true,
        options: { ...nameOption, wait: { type: 'string', default: '0' } },
      }),
    )
    const dir = directoryAmong(positionals)
    const waitMs = secondsOf('--wait', values.wait)
    const [command, ...rest] = args.slice(split + 1)
    if (command === undefined) throw new UsageError('no command given after --')
    const app = `electron-datadir exec ${basename(command)}`
    return withDataDirLock(
      dir,
      async (lock) => {
        tellWatcher('answered')
        lock.publish({ state: 'ready' })
        lock.lost.addEventListener('abort', () => {
          const { summary } = lock.lost.reason as LockLostError
          complain(`${summary} ${command} runs on, and others may open the directory.`)
        })
        // Before the command says anything, and however soon it ends.
        await warnedAbout(lock.dir)
        const code = await runToEnd(command, rest, {
          stdio: 'inherit',
          env: { ...environmentOfUser(), ELECTRON_DATADIR: lock.dir },
        })
        return code === exitCode.ok && lock.lost.aborted ? exitCode.unavailable : code
      },
      {
        name: values.name,
        app,
        version: packageVersion(),
        wait: waitMs,
        onWarning: ({ message }) => complain(message),
      },
    )
  },
}
