import { type FSWatcher, watch } from 'node:fs'

// One look a second is not measurable, and what no event reports is noticed within two.
const pollMilliseconds = 1_000
/** So many regular looks without an answer, about 10 s, are an outage. */
const outage = 10

/** What a {@link LockWatch} does, and on which files. */
export interface WatchedLock {
  /** Whether to ask for events of the kernel. That call follows the path, and blocks while a server does not answer. */
  readonly hasEvents: boolean
  /**
   * Looks at the lock file. Never called while an earlier look is under way.
   *
   * @param isRegular whether this is the look of every second. An event comes at any time, and several come together.
   * @returns whether there was an answer. Never rejected.
   */
  readonly look: (isRegular: boolean) => Promise<boolean>
  /** Called once for each outage. */
  readonly onOutage: () => void
}

/**
 * Looks at a lock file when something may have happened to it: soon after an event of the kernel, and once a second
 * in any case. Events are asked for with the first look, so that a lock that is taken and soon released costs no
 * watch, and an app that takes its lock opens its window first. It never keeps a process alive.
 *
 * The file is watched and not the directory: a removed or replaced file changes its link count, which is an event
 * (man 7 inotify, IN_ATTRIB), while a directory with a database in it would wake this process at every write.
 *
 * An outage is counted in looks and not in time: while this thread is blocked or stopped no look is missed.
 */
export class LockWatch {
  readonly #path: string
  readonly #lock: WatchedLock
  readonly #timer: NodeJS.Timeout
  #watcher: FSWatcher | undefined
  #isLooking = false
  #missed = 0
  #hadEvent = false
  #isStopped = false

  constructor(path: string, lock: WatchedLock) {
    this.#path = path
    this.#lock = lock
    this.#timer = setInterval(() => this.#lookRegularly(), pollMilliseconds).unref()
  }

  /** Whether the last looks, about 10 s of them, had no answer. */
  get isOutage(): boolean {
    return this.#missed >= outage
  }

  /** Watches what is under the path now. */
  renew(): void {
    this.#watcher?.close()
    // Windows watches the whole directory for it, and keeps nobody from removing that.
    if (!this.#lock.hasEvents || process.platform === 'win32') return
    const watcher = watchFile(this.#path, () => this.#onEvent())
    this.#watcher = watcher
    watcher?.on('error', () => {
      watcher.close()
      // The next look asks for events again.
      if (this.#watcher === watcher) this.#watcher = undefined
    })
  }

  stop(): void {
    this.#isStopped = true
    clearInterval(this.#timer)
    this.#watcher?.close()
  }

  #lookRegularly(): void {
    if (++this.#missed === outage) this.#lock.onOutage()
    if (this.#isLooking) return
    if (!this.#watcher) this.renew()
    void this.#look(true)
  }

  #onEvent(): void {
    // The look that is under way may have seen the state before the event.
    if (this.#isLooking) this.#hadEvent = true
    else void this.#look(false)
  }

  async #look(isRegular: boolean): Promise<void> {
    this.#isLooking = true
    if (await this.#lock.look(isRegular)) this.#missed = 0
    this.#isLooking = false
    if (!this.#hadEvent || this.#isStopped) return
    this.#hadEvent = false
    await this.#look(false)
  }
}

function watchFile(path: string, look: () => void): FSWatcher | undefined {
  try {
    return watch(path, { persistent: false }, look)
  } catch {
    // No watches left (man 7 inotify, ENOSPC), or no file in this moment: the next look tries again, and notices as well.
    return undefined
  }
}
