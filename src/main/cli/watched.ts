import type { ChildProcess, SpawnOptions } from 'node:child_process'
import { readFileSync, readlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { attempt } from '../../shared/attempt.ts'
import { kindOf } from '../directory/filesystem.ts'
import { unescapeOctal } from '../directory/mounts.ts'
import { runToEnd } from './child.ts'
import { exitCode, nameOption, parse, secondsOf } from './command-line.ts'
import { complain } from './output.ts'
import { electronVariables, isWatched, type WatchedMessage, watchedVariable } from './respawn.ts'

// For a command without a time limit of its own, in milliseconds.
const patience = 10_000
// If the directory answers, a command with a time limit ends before this is over, even on a busy machine.
const grace = 2_000

const watchedCommands = ['status', 'wait', 'exec', 'focus']

interface Limit {
  readonly dir: string
  readonly milliseconds: number
}

/**
 * Runs this command line in another process, and kills that process if the directory does not answer in time. It cannot
 * end by itself then: `process.exit()` waits for the threads that wait for the directory. This process does not look at the
 * directory.
 *
 * @returns its exit code; undefined if nothing has to be watched. Only a directory on a network or FUSE filesystem has to.
 */
export async function runWatched(args: string[]): Promise<number | undefined> {
  const [, script] = process.argv
  const limit = isWatched() ? undefined : limitOf(args)
  if (!limit || !script || !isRemotePath(limit.dir)) return undefined
  let electron: string | undefined
  let timer: NodeJS.Timeout | undefined
  const watch = (child: ChildProcess) => {
    child.on('message', (message: WatchedMessage) => {
      clearTimeout(timer)
      if (message === 'looking') timer = setTimeout(() => giveUp(child, limit), limit.milliseconds)
      if (typeof message === 'object') electron = message.electron
    })
  }
  const run = async (program: string, variables: NodeJS.ProcessEnv) => {
    const env = { ...process.env, ...variables, [watchedVariable]: '1' }
    const options: SpawnOptions = { stdio: ['inherit', 'inherit', 'inherit', 'ipc'], env }
    const code = await runToEnd(program, [script, ...args], options, watch)
    clearTimeout(timer)
    return code
  }
  const code = await run(process.execPath, {})
  return electron === undefined ? code : run(electron, electronVariables)
}

/** @returns undefined for a command without a time limit, and for a wrong command line. The command itself reports that. */
function limitOf([word = '', ...args]: string[]): Limit | undefined {
  if (!watchedCommands.includes(word)) return undefined
  const end = args.indexOf('--')
  try {
    const { values, positionals } = parse(end < 0 ? args : args.slice(0, end), {
      ...nameOption,
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
      timeout: { type: 'string' },
      wait: { type: 'string' },
    })
    const [dir] = positionals
    const seconds = word === 'exec' ? values.wait : values.timeout
    if (!dir || values.help || (word === 'wait' && seconds === undefined)) return undefined
    return { dir, milliseconds: seconds === undefined ? patience : secondsOf('', seconds) + grace }
  } catch {
    return undefined
  }
}

function giveUp(child: ChildProcess, { dir, milliseconds }: Limit): void {
  child.kill('SIGKILL')
  complain(
    `${dir} has not answered within ${milliseconds / 1000} s: its server cannot be reached, or its program hangs`,
  )
  // The killed process may still wait for the directory. This process does not wait for it.
  process.exit(exitCode.unavailable)
}

// As many as the kernel follows (man 7 path_resolution).
const linksAtMost = 40

/**
 * Whether a path leads to a filesystem that may not answer. This sends such a filesystem no request. On systems other than
 * Linux the answer is always no.
 */
export function isRemotePath(path: string): boolean {
  const points = remoteMountPoints()
  let left = partsOf(resolve(path))
  let at = '/'
  let links = 0
  while (points.size > 0 && links < linksAtMost) {
    if (points.has(at)) return true
    const [part, ...others] = left
    if (part === undefined) return false
    const next = join(at, part)
    // A request to the filesystem at a mount point may hang, even the question whether it is a link.
    const target = points.has(next) ? undefined : attempt(() => readlinkSync(next))
    if (target === undefined) {
      left = others
      at = next
    } else {
      left = [...partsOf(resolve(at, target)), ...others]
      at = '/'
      links++
    }
  }
  return false
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '')
}

function remoteMountPoints(): Set<string> {
  const points = new Set<string>()
  // It is missing on another system, or without /proc.
  const table = attempt(() => readFileSync('/proc/self/mountinfo', 'utf8')) ?? ''
  for (const line of table.split('\n')) {
    const [before = '', after = ''] = line.split(' - ')
    if (isRemoteType(after.split(' ', 1)[0] ?? '')) points.add(unescapeOctal(before.split(' ')[4] ?? ''))
  }
  return points
}

/** A call on such a filesystem may wait for a server or a program without a limit. autofs mounts one when it is looked at. */
function isRemoteType(type: string): boolean {
  return type === 'autofs' || kindOf(type) === 'network' || kindOf(type) === 'fuse'
}
