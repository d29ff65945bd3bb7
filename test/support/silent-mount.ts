import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { temporaryDirectory } from './temporary-directory.ts'

/** A FUSE filesystem that can stop answering, as a server that cannot be reached. */
export interface SilentMount {
  /** A folder on it. This process must not look at it while it is silent. */
  readonly dir: string
  /** The same folder, which always answers. */
  readonly behind: string
  /** Nothing on it is answered from now on. What waits for it can be killed. */
  stopAnswering(): void
  answerAgain(): void
}

/**
 * Mounts bindfs(1), whose process can be stopped: requests then stay with the kernel. Unmounted when the test ends.
 *
 * @returns why it cannot be had here otherwise.
 */
export async function mountSilent(): Promise<SilentMount | { missing: string }> {
  if (process.platform !== 'linux') return { missing: `FUSE is for Linux, this is ${process.platform}` }
  const parent = temporaryDirectory()
  const [behind, mounted] = [join(parent, 'behind'), join(parent, 'mounted')]
  for (const path of [behind, mounted]) mkdirSync(path)
  mkdirSync(join(behind, 'data'), { mode: 0o700 })
  const child = spawn('bindfs', ['-f', behind, mounted], { stdio: ['ignore', 'ignore', 'pipe'] })
  let complaint = ''
  child.stderr.on('data', (chunk) => {
    complaint += chunk
  })
  const failure = new Promise<string>((resolve) => {
    child.once('error', () => resolve('there is no bindfs'))
    child.once('exit', () => resolve(`bindfs could not mount: ${complaint.trim()}`))
  })
  // A filesystem without its program answers everything with an error, also to those that wait.
  onTestFinished(() => {
    child.kill('SIGKILL')
    spawnSync('umount', ['--lazy', mounted])
  })
  for (;;) {
    if (readFileSync('/proc/self/mountinfo', 'utf8').includes(` ${mounted} `)) break
    const missing = await Promise.race([failure, new Promise((resolve) => setTimeout(resolve, 10))])
    if (typeof missing === 'string') return { missing }
  }
  return {
    dir: join(mounted, 'data'),
    behind: join(behind, 'data'),
    stopAnswering: () => void child.kill('SIGSTOP'),
    answerAgain: () => void child.kill('SIGCONT'),
  }
}
