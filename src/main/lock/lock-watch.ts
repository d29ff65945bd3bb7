import { type FSWatcher, watch } from 'node:fs'

// One stat a second is not measurable, and whatever no event tells is noticed within two.
const pollMilliseconds = 1_000

/**
 * Calls `look` when something may have happened to a lock file: soon after an event of the kernel, and once a second
 * in any case. It starts in a later turn of the event loop, so that a lock that is taken and released at once costs
 * no watch, and never keeps a process alive.
 *
 * The file is watched and not the directory: a removed or replaced file changes its link count, which is an event
 * (man 7 inotify, IN_ATTRIB), while a directory with a database in it would wake this process at every write.
 */
export class LockWatch {
  readonly #path: string
  readonly #look: () => void
  #start: NodeJS.Immediate | undefined
  #timer: NodeJS.Timeout | undefined
  #watcher: FSWatcher | undefined

  constructor(path: string, look: () => void) {
    this.#path = path
    this.#look = look
    this.#start = setImmediate(() => {
      this.#start = undefined
      this.#timer = setInterval(look, pollMilliseconds).unref()
      this.renew()
      // What happened before there was a watch.
      look()
    }).unref()
  }

  /** Watches what is under the path now. */
  renew(): void {
    this.#watcher?.close()
    this.#watcher = watchFile(this.#path, this.#look)
  }

  stop(): void {
    clearImmediate(this.#start)
    clearInterval(this.#timer)
    this.#watcher?.close()
  }
}

function watchFile(path: string, look: () => void): FSWatcher | undefined {
  // Windows watches the whole directory for it, and keeps nobody from removing that.
  if (process.platform === 'win32') return undefined
  try {
    const watcher = watch(path, { persistent: false }, look)
    watcher.on('error', () => watcher.close())
    return watcher
  } catch {
    // No watches left (man 7 inotify, ENOSPC), or no file in this moment: the slow look notices as well.
    return undefined
  }
}
