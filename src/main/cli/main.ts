#!/usr/bin/env node
import { DataDirError, InvalidOptionError } from '../../shared/data-dir-error.ts'
import { systemFailureIn } from '../../shared/system-failure.ts'
import { DataDirLockedError } from '../lock/errors.ts'
import { NativeModuleError } from '../runtime/errors.ts'
import { backup } from './backup.ts'
import { type Command, exitCode, packageVersion, UnavailableError, UsageError } from './command-line.ts'
import { doctor } from './doctor.ts'
import { exec } from './exec.ts'
import { focus } from './focus.ts'
import { complain, firstLine, say, surviveClosedPipes } from './output.ts'
import { endWithLauncher, runInElectron, tellWatcher } from './respawn.ts'
import { status } from './status.ts'
import { wait } from './wait.ts'
import { runWatched } from './watched.ts'

const commands = new Map<string, Command>([
  ['status', status],
  ['wait', wait],
  ['exec', exec],
  ['focus', focus],
  ['backup', backup],
  ['doctor', doctor],
])

const help = `Usage: electron-datadir COMMAND [DIR] [OPTION…]

The lock of an app's data directory, from a shell.

  status DIR           is it free, or which process has it?
  wait DIR             return when it is free
  exec DIR -- COMMAND  run COMMAND while holding it
  focus DIR [FILE…]    bring its app's window to the front, with files and URLs
  backup DIR TO        copy its database, also while the app runs
  doctor               do the native modules work here, and if not, what repairs them?

  -h, --help     this text; after a command, that command's
  --version      the version`

// The end of every help text.
const exitCodesHelp = `Exit codes:
   0  free, or done
  64  the command line is wrong
  69  not possible here: the directory, its filesystem or the runtime does not allow it; or the lock was lost
  70  a bug in electron-datadir itself
  74  the answer could not be written
  75  held by another process (or still held when the time was up)`

surviveClosedPipes()
endWithLauncher()
run(process.argv.slice(2)).then((code) => {
  process.exitCode = code
})

async function run(args: string[]): Promise<number> {
  try {
    const code = await runWatched(args)
    if (code !== undefined) return code
    tellWatcher('looking')
    return await runHere(args).catch(runInElectronAfter)
  } catch (error) {
    complain(messageOf(error, commands.has(args[0] ?? '') ? `${args[0]} ` : ''))
    return exitCodeOf(error)
  }
}

async function runHere([word = '', ...args]: string[]): Promise<number> {
  // Node.js replaces bytes that are not UTF-8 by this letter. The word would name another file.
  const changed = [word, ...args].find((argument) => argument.includes('\ufffd'))
  if (changed !== undefined) throw new UsageError(`${JSON.stringify(changed)} is not UTF-8`)
  const command = commands.get(word)
  if (command && !hasHelp(args)) return command.run(args)
  if (!command && word !== '--version' && !hasHelp([word]))
    throw new UsageError(word === '' ? 'no command given' : `no command ${JSON.stringify(word)}`)
  if (word === '--version') say(packageVersion())
  else say([`${command?.help ?? help}\n`, exitCodesHelp, command?.ownExitCodes].filter(Boolean).join('\n'))
  return exitCode.ok
}

/** Whether help is asked for before `--`. The words after that are for another program. */
function hasHelp(args: string[]): boolean {
  const end = args.indexOf('--')
  return (end < 0 ? args : args.slice(0, end)).some((word) => word === '--help' || word === '-h')
}

/** @throws the error, if Electron cannot do better. */
async function runInElectronAfter(error: unknown): Promise<number> {
  const isOtherRuntime = error instanceof NativeModuleError && error.failure === 'wrong-runtime'
  const code = isOtherRuntime ? await runInElectron() : undefined
  if (code === undefined) throw error
  return code
}

function messageOf(error: unknown, command: string): string {
  if (error instanceof UsageError) return `${error.message}. Try \`electron-datadir ${command}--help\`.`
  const message = error instanceof Error ? error.message : String(error)
  if (!isOfThisPlace(error)) return `a bug in electron-datadir itself: ${firstLine(message)}`
  const remedy = error instanceof DataDirError ? undefined : systemFailureIn(error)?.remedy
  return remedy === undefined ? message : `${message}. ${remedy}`
}

function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError || error instanceof InvalidOptionError) return exitCode.usage
  if (error instanceof DataDirLockedError) return exitCode.held
  return isOfThisPlace(error) ? exitCode.unavailable : exitCode.internal
}

/** Whether the place is the reason, not a bug in this program. The system refuses a current directory that is gone, for example. */
function isOfThisPlace(error: unknown): boolean {
  if (error instanceof DataDirError || error instanceof UnavailableError) return true
  return error instanceof Error && 'syscall' in error
}
