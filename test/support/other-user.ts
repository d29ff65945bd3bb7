import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { onTestFinished, type TestContext } from 'vitest'
import { skip } from './skip.ts'
import { temporaryDirectory } from './temporary-directory.ts'

const dist = resolve(import.meta.dirname, '../../dist')

/** A user who is not root, in one group of their own and in one that they share. */
export interface User {
  readonly uid: number
  readonly gid: number
  readonly sharedGroup: number
  readonly umask: number
}

/** A process of another user that runs a script with the built package. It is killed when the test ends. */
export interface UserProcess {
  readonly pid: number
  /** Sends a word and waits for the next line that the script prints, as JSON. The first line needs no word. */
  next(word?: string): Promise<Record<string, unknown>>
  /** Sends a last word and waits until it has ended. */
  finish(word: string): Promise<void>
  kill(): Promise<void>
}

/**
 * Creates a data directory in a folder that all users may enter. The test is skipped if no process can become another user
 * here.
 *
 * @param owner of the directory. Default root.
 */
export function directoryForUsers(
  ctx: TestContext,
  mode: number,
  { uid = 0, gid = 0 }: { uid?: number; gid?: number } = {},
): string {
  const reason = whyNoOtherUser()
  if (reason !== undefined) skip(ctx, reason)
  const parent = temporaryDirectory()
  chmodSync(parent, 0o755)
  const dir = join(parent, 'data')
  mkdirSync(dir)
  chownSync(dir, uid, gid)
  // After chown, which removes the setgid bit.
  chmodSync(dir, mode)
  return dir
}

/** @returns why no process can become another user here; undefined if one can. */
export function whyNoOtherUser(): string | undefined {
  if (process.platform !== 'linux') return 'it is for Linux'
  if (process.geteuid?.() !== 0) return 'becoming another user takes root'
  const reads = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', 'test', '-r', dist]
  const [command = '', ...args] = reads
  return spawnSync(command, args).status === 0 ? undefined : 'another user may not read the package here'
}

/**
 * Starts a script as another user. The process becomes that user after it has started: its program may be where only
 * root can read.
 *
 * @param script an ES module's code. `node` is the package, `say(facts)` prints a line, and `heard()` waits for a word.
 */
export function startAs({ uid, gid, sharedGroup, umask }: User, script: string): UserProcess {
  const module = `
    import { createInterface } from 'node:readline'
    const node = await import(${JSON.stringify(pathToFileURL(resolve(dist, 'main/node.js')).href)})
    process.setgroups([${gid}, ${sharedGroup}])
    process.setgid(${gid})
    process.setuid(${uid})
    process.umask(${umask})
    const say = (facts) => console.log(JSON.stringify(facts))
    const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
    const heard = async () => (await lines.next()).value
    try {
      ${script}
    } catch (error) {
      say({ failed: error.code ?? error.name, message: error.message, stack: error.stack })
    }
    process.stdin.destroy()`
  const child = spawn(process.execPath, ['--input-type=module', '-e', module], {
    stdio: ['pipe', 'pipe', 'inherit'],
    cwd: '/',
  })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  const ended = once(child, 'exit')
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    pid: child.pid ?? 0,
    async next(word) {
      if (word !== undefined) child.stdin.write(`${word}\n`)
      const { value } = await lines.next()
      if (value === undefined) throw new Error('the script said nothing')
      return JSON.parse(value)
    },
    async finish(word) {
      child.stdin.write(`${word}\n`)
      await ended
    },
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
