import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { execPath } from 'node:process'
import { createInterface } from 'node:readline'
import { after } from 'node:test'
import type { LockOptions } from '../../src/main/lock/data-dir-lock.ts'

/** A second process of a test. */
export interface TestProcess {
  readonly pid: number
  /** The first line it printed. */
  readonly said: string
  /** Ends it as the task manager would, and waits for its end. */
  kill(): Promise<void>
  /** Closes its standard input, which asks it to release, and waits for its end. */
  finish(): Promise<void>
}

/** What can be started: a script of this folder, with what it wants to know. */
export interface Scripts {
  /** Takes the lock and keeps it; says `held` or the error's code. */
  holder: LockOptions
  /** Takes the lock and writes its record again and again. */
  publisher: LockOptions
  /** An owner with database and hand-off, as an app has them. */
  owner: LockOptions
  /** Another program that locks a file. */
  stranger: { path: string }
}

const running = new Set<ChildProcess>()

// What a failed test left behind would keep this process from its end.
after(() => {
  for (const child of running) child.kill()
})

export async function startProcess<Name extends keyof Scripts>(
  name: Name,
  options: Scripts[Name],
): Promise<TestProcess> {
  // Wine ends about one process in eighty before it has begun.
  const started = (await start(name, options)) ?? (await start(name, options))
  if (!started) throw new Error(`${name} said nothing, twice`)
  return started
}

/** @returns undefined where it ended without a word. */
async function start(name: string, options: unknown): Promise<TestProcess | undefined> {
  const script = resolve(import.meta.dirname, `${name}.js`)
  const child = spawn(execPath, [script, JSON.stringify(options)], { stdio: ['pipe', 'pipe', 'inherit'] })
  running.add(child)
  const ended = once(child, 'exit').finally(() => running.delete(child))
  const said = await firstLine(child.stdout)
  if (said === undefined) return undefined
  return {
    pid: child.pid ?? 0,
    said,
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
    async finish() {
      child.stdin.end()
      await ended
    },
  }
}

async function firstLine(stream: NodeJS.ReadableStream): Promise<string | undefined> {
  for await (const line of createInterface({ input: stream })) return line
  return undefined
}
