#!/usr/bin/env node
import { DataDirError, InvalidOptionError } from '../../shared/data-dir-error.ts'
import { systemFailureIn } from '../../shared/system-failure.ts'
import { DataDirLockedError } from '../lock/errors.ts'
import { NativeModuleError } from '../runtime/errors.ts'
import { backup } from './backup.ts'
import {
  type Command,
  exitCode,
  exitCodesHelp,
  packageVersion,
  UnavailableError,
  UsageError,
} from './command-line.ts'
import { doctor } from './doctor.ts'
import { exec } from './exec.ts'
import { focus } from './focus.ts'
import { complain, firstLine, say, surviveClosedPipes } from './output.ts'
import { endWithLauncher, respawnWithElectron, tellWatcher } from './respawn.ts'
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

  status DIR           is it free, or held by whom?
  wait DIR             return when it is free
  exec DIR -- COMMAND  run COMMAND while holding it
  focus DIR [FILE…]    bring its app's window to the front, with files and URLs
  backup DIR TO        copy its database, also while the app runs
  doctor               do the native modules work here, and if not, what repairs them?

  -h, --help     this text; after a command, that command's
  --version      the version

${exitCodesHelp}`

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
    return await runInFitRuntime(args)
  } catch (error) {
    complain(messageOf(error, commands.has(args[0] ?? '') ? `${args[0]} ` : ''))
    return exitCodeOf(error)
  }
}

async function runInFitRuntime(args: string[]): Promise<number> {
  try {
    return await runHere(args)
  } catch (error) {
    if (!(error instanceof NativeModuleError) || error.failure !== 'wrong-runtime') throw error
    const code = await respawnWithElectron()
    if (code === undefined) throw error
    return code
  }
}

async function runHere([word, ...args]: string[]): Promise<number> {
  // Node.js puts this letter in the place of bytes that are not UTF-8. The word would name another file.
  const changed = [word, ...args].find((argument) => argument?.includes('\ufffd'))
  if (changed !== undefined) throw new UsageError(`${JSON.stringify(changed)} is not UTF-8`)
  const command = commands.get(word ?? '')
  if (command) return runOrExplain(command, args)
  if (isHelp(word)) return tell(help)
  if (word === '--version') return tell(packageVersion())
  throw new UsageError(word === undefined ? 'no command given' : `no command ${JSON.stringify(word)}`)
}

function runOrExplain(command: Command, args: string[]): Promise<number> | number {
  const end = args.indexOf('--')
  const own = end < 0 ? args : args.slice(0, end)
  return own.some(isHelp) ? tell(command.help) : command.run(args)
}

function isHelp(word: string | undefined): boolean {
  return word === '--help' || word === '-h'
}

function tell(text: string): number {
  say(text)
  return exitCode.ok
}

function messageOf(error: unknown, command: string): string {
  if (error instanceof UsageError) return `${error.message}. Try \`electron-datadir ${command}--help\`.`
  const message = error instanceof Error ? error.message : String(error)
  if (isOfThisPlace(error) && !(error instanceof DataDirError)) {
    const remedy = systemFailureIn(error)?.remedy
    return remedy === undefined ? message : `${message}. ${remedy}`
  }
  return isOfThisPlace(error) ? message : `a mistake in electron-datadir itself: ${firstLine(message)}`
}

function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError || error instanceof InvalidOptionError) return exitCode.usage
  if (error instanceof DataDirLockedError) return exitCode.held
  return isOfThisPlace(error) ? exitCode.unavailable : exitCode.internal
}

/** Not a mistake in here: the system has refused something, of a current directory that is gone for instance. */
function isOfThisPlace(error: unknown): boolean {
  if (error instanceof DataDirError || error instanceof UnavailableError) return true
  return error instanceof Error && 'syscall' in error
}
