import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { onTestFinished } from 'vitest'

/** What a script in another process has said. */
export interface Said {
  readonly code?: string
  readonly message?: string
  readonly [fact: string]: unknown
}

/** A process that runs a script with the built package, killed when the test ends. */
export interface LockScript {
  readonly pid: number
  /** The first line it printed, read as JSON. */
  readonly said: Said
  /** The next line it prints. */
  next(): Promise<Said>
  /** Writes to its standard input. */
  tell(word: string): void
  kill(): Promise<void>
}

/**
 * Runs a script in another process and waits for the first thing it says.
 *
 * @param script has `acquireDataDirLock`, `dir` and `say(object)` at hand.
 * @param under another command, which runs what follows it: `['unshare', '--uts']`.
 */
export async function runLockScript(dir: string, script: string, under: string[] = []): Promise<LockScript> {
  const built = pathToFileURL(resolve(import.meta.dirname, '../../dist/main/lock/data-dir-lock.js')).href
  const module = `
    import { acquireDataDirLock } from ${JSON.stringify(built)}
    const dir = ${JSON.stringify(dir)}
    const say = (facts) => console.log(JSON.stringify(facts))
    ${script}`
  const [command = '', ...args] = [...under, process.execPath, '--input-type=module', '-e', module]
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async () => {
    const { value, done } = await lines.next()
    if (done) throw new Error('the script said nothing more')
    return JSON.parse(value)
  }
  return {
    pid: child.pid ?? 0,
    said: await next(),
    next,
    tell: (word) => child.stdin.write(word),
    async kill() {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** A script that holds the lock for as long as its process lives, or says which error kept it from that. */
export const holdOrExplain = `
  process.stdin.resume()
  try {
    const lock = acquireDataDirLock({ dir, app: 'Notes' })
    say({ pid: lock.owner.pid })
  } catch ({ code, message, pid, foreign, owner, holder }) {
    say({ code, message, pid, foreign, owner, holder })
  }`
