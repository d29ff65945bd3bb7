import { basename } from 'node:path'
import { warnedAbout } from '../directory/warnings.ts'
import type { LockLostError } from '../lock/errors.ts'
import { withDataDirLock } from '../lock/with-data-dir-lock.ts'
import { runToEnd } from './child.ts'
import {
  type Command,
  directoryAmong,
  exitCode,
  nameOption,
  packageVersion,
  parse,
  secondsOf,
  UsageError,
} from './command-line.ts'
import { complain } from './output.ts'
import { environmentOfUser, tellWatcher } from './respawn.ts'

const help = `Usage: electron-datadir exec DIR [--name NAME] [--wait SECONDS] -- COMMAND [ARGUMENT…]

Runs COMMAND while holding the lock of a data directory, so that no app opens the directory at the same time: a backup,
a repair, a look with sqlite3. If the directory is missing, it is created (mode 0700). COMMAND finds its real path in
ELECTRON_DATADIR. SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGUSR1 and SIGUSR2 are passed on to COMMAND; Ctrl-C and Ctrl-\\
reach it from the terminal.

The lock belongs to electron-datadir, not to COMMAND. The kernel releases it when electron-datadir ends. A COMMAND that
takes the same lock itself is refused. If the lock is lost (the directory is moved or removed), a line on stderr says so
within 2 s, COMMAND continues, and the exit code is 69 instead of COMMAND's 0.

  --name NAME     the name the app chose; its lock is NAME.lock (default: app)
  --wait SECONDS  if the directory is held, keep trying for that time (default: 0, fails at once)`

/** `exec DIR -- COMMAND`: COMMAND's exit code, or 75 if the directory is held. */
export const exec: Command = {
  help,
  ownExitCodes: ` 126  COMMAND cannot be run
 127  COMMAND was not found
   n  COMMAND's own exit code; 128 + the signal's number if a signal ended it`,
  async run(args) {
    const split = args.indexOf('--')
    if (split < 0) throw new UsageError('no command given; it follows --')
    const { values, positionals } = parse(args.slice(0, split), {
      ...nameOption,
      wait: { type: 'string', default: '0' },
    })
    const dir = directoryAmong(positionals)
    const wait = secondsOf('--wait', values.wait)
    const [command, ...rest] = args.slice(split + 1)
    if (command === undefined) throw new UsageError('no command given after --')
    return withDataDirLock(
      dir,
      async (lock) => {
        tellWatcher('answered')
        lock.publish({ state: 'ready' })
        lock.lost.addEventListener('abort', () => {
          const { summary } = lock.lost.reason as LockLostError
          complain(`${summary} ${command} continues, and other processes may open the directory.`)
        })
        // The warnings are printed before the command prints, even if the command ends at once.
        await warnedAbout(lock.dir)
        const code = await runToEnd(command, rest, {
          stdio: 'inherit',
          env: { ...environmentOfUser(), ELECTRON_DATADIR: lock.dir },
        })
        return code === exitCode.ok && lock.lost.aborted ? exitCode.unavailable : code
      },
      {
        name: values.name,
        app: `electron-datadir exec ${basename(command)}`,
        version: packageVersion(),
        wait,
        onWarning: ({ message }) => complain(message),
      },
    )
  },
}
