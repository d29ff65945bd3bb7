import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { TestKitError } from '../../src/main/testing/errors.ts'
import * as kit from '../../src/main/testing/start-holder.ts'
import { temporaryDirectory } from './temporary-directory.ts'

/** A real process that was started for a test and is killed when the test ends. */
export interface TestProcess {
  readonly pid: number
  /** `held`, or the code of the error that kept it from holding. */
  readonly said: string
  kill(signal?: NodeJS.Signals): Promise<void>
  /** Has a holder release, and waits for its end. */
  finish(): Promise<void>
}

/** Starts a second process that takes the lock through the built package, or is refused it. */
export async function startHolder(options: kit.HolderOptions): Promise<TestProcess> {
  try {
    const holder = await kit.startHolder(options)
    onTestFinished(() => holder[Symbol.asyncDispose]())
    const { pid } = holder
    return { pid, said: 'held', kill: (signal) => holder.kill(signal), finish: () => holder.release() }
  } catch (error) {
    if (!(error instanceof TestKitError) || error.reason === undefined) throw error
    const ended = async () => undefined
    return { pid: 0, said: error.reason, kill: ended, finish: ended }
  }
}

/** The same with a file size limit of zero: everything it writes to a file fails, as on a full disk. */
export function startHolderThatCannotWrite(options: kit.HolderOptions): Promise<TestProcess> {
  const execPath = join(temporaryDirectory(), 'cannot-write')
  writeFileSync(execPath, `#!/bin/sh\nulimit -f 0\nexec '${process.execPath}' "$@"\n`)
  chmodSync(execPath, 0o700)
  return startHolder({ ...options, execPath })
}

/** Starts flock(1) on a lock file: a holder that knows nothing of this package. */
export async function startFlockCommand(lockPath: string): Promise<TestProcess> {
  // --no-fork makes flock(1) the process that holds the lock while it runs the command.
  const args = ['--no-fork', lockPath, 'sh', '-c', 'echo held; exec sleep 1000']
  const child = spawn('flock', args, { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  const ended = once(child, 'exit')
  await once(child.stdout, 'data')
  const kill = async (signal: NodeJS.Signals = 'SIGKILL') => {
    child.kill(signal)
    await ended
  }
  return { pid: child.pid ?? 0, said: 'held', kill, finish: kill }
}

/** Whether flock(1), a stranger, could take the lock right now. */
export function isFree(lockPath: string): boolean {
  return spawnSync('flock', ['--nonblock', lockPath, 'true']).status === 0
}

/** There, and no corpse that nobody has buried. */
export function isRunning(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
  } catch {
    // No such process.
    return false
  }
}

/** Disposes of what the kit started when the test ends, whatever its outcome. */
export function untilTestEnds<T extends AsyncDisposable>(started: T): T {
  onTestFinished(() => started[Symbol.asyncDispose]())
  return started
}
