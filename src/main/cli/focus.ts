import { setTimeout as sleep } from 'node:timers/promises'
import { handOver } from '../handoff/client.ts'
import { HandoffError } from '../handoff/messages/errors.ts'
import { launchWith, workingDirectory } from '../handoff/messages/launch.ts'
import type { Launch, LaunchOutcome, LaunchReply, OwnerStatus } from '../handoff/messages/protocol.ts'
import {
  type Command,
  directoryAmong,
  exitCode,
  nameOption,
  parse,
  secondsOf,
  UnavailableError,
} from './command-line.ts'
import { type Inspection, inspect } from './inspect.ts'
import { complain, say } from './output.ts'
import { tellWatcher } from './respawn.ts'

const help = `Usage: electron-datadir focus DIR [--name NAME] [--timeout SECONDS] [--] [FILE|URL…]

Brings the window of the app that has a data directory to the front, and hands files and URLs over to it, as another
launch of the app does. The app gets every other word as an argument; put -- before words that begin with a dash.

The app must belong to this user. The exit code is 0 if its window is in front or asks for attention, or if the app has
the launch. It is 69 if no process has the directory, if the app has no window, or if the launch is larger than 1 MiB,
which is some thousand files: then nothing is sent. It is 75 if the time was up.

  --name NAME        the name the app chose; its lock is NAME.lock (default: app)
  --timeout SECONDS  wait that long for an app that starts, migrates or is busy (default: 10; 0 asks once)`

/** How long the app may take to show its window before it must say whether it has the launch, in milliseconds. */
const showPatience = 2_500
/** The shortest time for one question, even if less time is left, in milliseconds. */
const shortestQuestion = 2_000
/** The longest time for one question, even if more time is left. No timer of Node.js lasts longer than 24 days. */
const longestQuestion = 60_000
/** Between two questions, in milliseconds. */
const pause = 200
/** A main thread that is ready but silent for so long may never read the launch, in milliseconds. */
const silence = 1_000

/** `focus DIR`: exit code 0 if the owner's window is up, or its app has the launch. */
export const focus: Command = {
  help,
  async run(args) {
    const { values, positionals } = parse(args, { ...nameOption, timeout: { type: 'string', default: '10' } })
    const [, ...words] = positionals
    const dir = directoryAmong(positionals.slice(0, 1))
    const timeout = secondsOf('--timeout', values.timeout)
    const deadline = performance.now() + timeout
    const launch = launchFor(words)
    for (;;) {
      tellWatcher('looking')
      const inspection = await inspect(dir, values.name)
      tellWatcher('answered')
      if (!inspection.held) throw new UnavailableError(`no process has ${inspection.dir} open`)
      const who = nameOf(inspection)
      const result = await ask(inspection, launch, deadline - performance.now())
      if ('done' in result) {
        say(`${result.done}: ${who}`)
        return exitCode.ok
      }
      if (performance.now() + pause >= deadline) {
        complain(`${who} ${result.later} after ${timeout / 1000} s`)
        return exitCode.held
      }
      await sleep(pause)
    }
  },
}

function launchFor(words: readonly string[]): Launch {
  const cwd = workingDirectory()
  for (const word of words) {
    const { files, urls } = launchWith([word], cwd)
    if (files.length + urls.length === 0 && !word.startsWith('-'))
      complain(`${word} is neither a file nor a URL; the app receives it unchanged`)
  }
  return launchWith(words, cwd)
}

function nameOf({ holder, record, recordBelievable }: Inspection): string {
  const pid = holder?.pid ?? record?.pid
  const app = recordBelievable === false ? undefined : record?.app
  return [app ?? 'the holder', pid !== undefined && `(PID ${pid})`].filter(Boolean).join(' ')
}

/** The result of one question: an answer, or the reason to ask again. The owner recognizes a launch by its id. */
type Result = { readonly done: string } | { readonly later: string }

/** @throws {HandoffError} {UnavailableError} if a later question would have the same result. */
async function ask(inspection: Inspection, launch: Launch, left: number): Promise<Result> {
  const { holder, record, recordBelievable, dir } = inspection
  const owner = recordBelievable === false ? undefined : record
  const uid = holder?.uid ?? owner?.uid
  if (uid !== undefined && uid !== process.geteuid?.())
    throw new UnavailableError(`another user of this computer has ${dir} open`)
  const signal = AbortSignal.timeout(Math.ceil(Math.min(Math.max(left, shortestQuestion), longestQuestion)))
  try {
    const patience = Math.min(showPatience, Math.max(0, left))
    return resultOf(await handOver(owner ?? {}, launch, { patience, signal }))
  } catch (error) {
    const isTimeUp = signal.aborted && error === signal.reason
    const failure = error instanceof HandoffError ? error.failure : undefined
    // An owner takes the lock before it listens.
    const isBeginning = failure === 'no-endpoint' && owner?.state === 'starting'
    if (isTimeUp || failure === 'gone' || failure === 'no-answer') return { later: 'does not answer' }
    if (isBeginning) return { later: 'takes no requests yet' }
    throw error
  }
}

function resultOf(reply: LaunchReply): Result {
  switch (reply.type) {
    case 'launched':
      if (reply.outcome === 'in-background') throw new UnavailableError('the app has no window to show')
      return { done: outcomes[reply.outcome] }
    case 'queued': {
      const { state, silentFor } = reply.status
      if (state === 'ready' && silentFor < silence) return { done: 'handed over' }
      return { later: `has the launch, but ${states[state]}` }
    }
    case 'busy':
      return { later: states[reply.status.state] }
    case 'refused':
      throw new UnavailableError(`the app refused: ${reply.reason}`)
  }
}

const outcomes: Record<Exclude<LaunchOutcome, 'in-background'>, string> = {
  focused: 'in front',
  flashed: 'asks for attention',
  'opened-window': 'new window',
}

const states: Record<OwnerStatus['state'], string> = {
  ready: 'shows no sign of life',
  starting: 'is still starting',
  migrating: 'is still migrating its data',
  asking: 'is still asking its user something',
  quitting: 'is still quitting',
}
