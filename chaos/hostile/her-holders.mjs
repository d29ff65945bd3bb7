// @ts-check
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'

// Each script gets the file as $0 and the seconds as $1, prints a word when the lock is held, and leaves one process
// that has the file open. Scripts and not this program: it cannot fork without exec.
export const scripts = {
  // The kernel names a process that has ended.
  dead: 'exec 9<"$0"; flock -n 9 || exit 1; echo held; sleep "$1" & exit 0',
  // The kernel names a zombie: `sleep` never asks for the end of the child that it did not start.
  zombie: 'exec 9<"$0"; flock -n 9 & sleep 0.02; echo held; exec sleep "$1"',
  living: 'exec flock -n --no-fork "$0" sh -c \'echo held; exec sleep "$0"\' "$1"',
  shared: 'exec flock -n -s --no-fork "$0" sh -c \'echo held; exec sleep "$0"\' "$1"',
  sharedByTwo:
    'flock -n -s "$0" sleep "$1" & exec flock -n -s --no-fork "$0" sh -c \'echo held; exec sleep "$0"\' "$1"',
}

/** Processes of the hostile user that hold locks. */
export class HerHolders {
  /** @type {Set<number>} */
  #groups = new Set()

  /**
   * @param {keyof typeof scripts} how
   * @param {string} path
   * @param {number} seconds
   * @returns {Promise<void>} rejected if the lock is not available
   */
  async hold(how, path, seconds) {
    const child = spawn('sh', ['-c', scripts[how], path, String(seconds)], {
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true,
    })
    if (child.pid) this.#groups.add(child.pid)
    const held = once(child.stdout, 'data').then(() => true)
    const ended = once(child, 'exit').then(() => sleep(50))
    // The open of a FIFO waits.
    const isHeld = await Promise.race([held, ended, sleep(500)])
    if (!isHeld) throw new Error('not held')
  }

  end() {
    for (const group of this.#groups) {
      try {
        process.kill(-group, 'SIGKILL')
      } catch {
        // All of them have ended.
      }
    }
    this.#groups.clear()
  }
}
