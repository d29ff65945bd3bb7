import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'
import type { LockOptions } from '../../src/main/lock/data-dir-lock.ts'

/** A real process that was started for a test and is killed when the test ends. */
export interface TestProcess {
  readonly pid: number
  /** The first line it printed. */
  readonly said: string
  kill(signal?: NodeJS.Signals): Promise<void>
  /** Closes its standard input, which asks a holder to release, and waits for its end. */
  finish(): Promise<void>
}

/** Starts a second process that takes the lock through the built package. */
export function startHolder(options: LockOptions): Promise<TestProcess> {
  const script = resolve(import.meta.dirname, 'holder.mjs')
  return start(process.execPath, [script, JSON.stringify(options)])
}

/** The same with a file size limit of zero: everything it writes to a file fails, as on a full disk. */
export function startHolderThatCannotWrite(options: LockOptions): Promise<TestProcess> {
  const script = resolve(import.meta.dirname, 'holder.mjs')
  const command = ['-c', 'ulimit -f 0; exec "$0" "$@"', process.execPath, script, JSON.stringify(options)]
  return start('bash', command)
}

/** Starts flock(1) on a lock file: a holder that knows nothing of this package. */
export function startFlockCommand(lockPath: string): Promise<TestProcess> {
  // --no-fork makes flock(1) the process that holds the lock while it runs the command.
  return start('flock', ['--no-fork', lockPath, 'sh', '-c', 'echo held; exec sleep 1000'])
}

/** Whether flock(1), a stranger, could take the lock right now. */
export function isFree(lockPath: string): boolean {
  return spawnSync('flock', ['--nonblock', lockPath, 'true']).status === 0
}

async function start(command: string, args: string[]): Promise<TestProcess> {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  const said = await firstLine(child)
  const ended = once(child, 'exit')
  return {
    pid: child.pid ?? 0,
    said,
    async kill(signal = 'SIGKILL') {
      child.kill(signal)
      await ended
    },
    async finish() {
      child.stdin?.end()
      await ended
    },
  }
}

async function firstLine(child: ChildProcess & { stdout: NodeJS.ReadableStream }): Promise<string> {
  for await (const line of createInterface({ input: child.stdout })) return line
  throw new Error(`${child.spawnfile} said nothing`)
}
