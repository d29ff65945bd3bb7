import { type FSWatcher, watch } from 'node:fs'

// One stat a second is not measurable, and whatever no event tells is noticed within two.
const pollMilliseconds = 1_000

/**
 * Calls `look` when something may have happened to a lock file: soon after an event of the kernel, and once a second
 * in any case. Events are asked for with the first look, so that a lock that is taken and soon released costs no
 * watch, and an app that takes its lock opens its window first. It never keeps a process alive.
 *
 * The file is watched and not the directory: a removed or replaced file changes its link count, which is an event
 * (man 7 inotify, IN_ATTRIB), while a directory with a database in it would wake this process at every write.
 */
export class LockWatch {
  readonly #path: string
  readonly #look: () => void
  readonly #timer: NodeJS.Timeout
  #watcher: FSWatcher | undefined

  constructor(path: string, look: () => void) {
    this.#path = path
    this.#look = look
    this.#timer = setInterval(() => {
      if (!this.#watcher) this.renew()
      look()
    }, pollMilliseconds).unref()
  }

  /** Watches what is under the path now. */
  renew(): void {
    this.#watcher?.close()
    const watcher = watchFile(this.#path, this.#look)
    this.#watcher = watcher
    watcher?.on('error', () => {
      watcher.close()
      // The next look asks for events anew.
      if (this.#watcher === watcher) this.#watcher = undefined
    })
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#watcher?.close()
  }
}

function watchFile(path: string, look: () => void): FSWatcher | undefined {
  // Windows watches the whole directory for it, and keeps nobody from removing that.
  if (process.platform === 'win32') return undefined
  try {
    return watch(path, { persistent: false }, look)
  } catch {
    // No watches left (man 7 inotify, ENOSPC), or no file in this moment: the next look tries again, and notices as well.
    return undefined
  }
}
