import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'

/** Another process that owns a data directory. It is killed when the test ends. */
export interface OwnerProcess {
  /** Runs a statement through its pool. */
  run(sql: string): Promise<unknown[]>
  /** Runs statements on one connection, inside `connection()`. */
  runTogether(...statements: string[]): Promise<void>
  /** SIGKILL. Resolves when it has ended. */
  kill(): Promise<void>
}

/** @param options more options of `connect`. */
export async function startOwner(
  dir: string,
  mode: 'threads' | 'inline' = 'threads',
  options: object = {},
): Promise<OwnerProcess> {
  const script = resolve(import.meta.dirname, 'owner.mjs')
  const child = spawn(process.execPath, [script, dir, mode, JSON.stringify(options)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async () => {
    const { value, done } = await lines.next()
    if (done) throw new Error('the owner has ended')
    return value
  }
  while ((await next()) !== 'open');
  return {
    async run(sql) {
      child.stdin.write(`${sql}\n`)
      return JSON.parse(await next())
    },
    async runTogether(...statements) {
      child.stdin.write(`${JSON.stringify(statements)}\n`)
      await next()
    },
    async kill() {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}
