import { DatabaseOpenError } from '../errors/open-errors.ts'
import type { Connector } from '../open/connector.ts'
import { notWanted } from '../open/open-connection.ts'
import type { FileTasks } from '../repair/file-tasks.ts'
import { openSession } from '../thread/open-session.ts'
import type { Session } from '../thread/session.ts'
import type { Answer, MayOpen, Request, ThreadOptions } from '../wire/protocol.ts'
import { type LinkEvents, ThreadLink } from './thread-link.ts'

/** A connection on the caller's own thread, for tools and tests. */
export class InlineLink extends ThreadLink {
  readonly opened: Promise<void>
  #session: Session | undefined

  /** @param mayOpen resolves when the connection may be opened, or to false when it never may. Default: at once. */
  constructor(options: Omit<ThreadOptions, 'control'>, events: LinkEvents, mayOpen?: Promise<MayOpen>) {
    super(options.role, events)
    this.opened = (async () => {
      const allowed = await mayOpen
      if (allowed === false) throw new DatabaseOpenError(options.path, notWanted())
      this.#session = await openSession(
        { ...options, ...allowed },
        this.control,
        this.housekeepingPort,
        fileTasks,
      )
      this.fileId = this.#session.service?.guard.fileId
      this.hasWal = this.#session.hasWal
      this.isOpen = true
    })()
  }

  protected post(requests: readonly Request[]): readonly Answer[] | undefined {
    const session = this.#session
    if (!session) return undefined
    const answers = requests.map((request) => session.answer(request))
    session.service?.guard.noteChanges()
    session.service?.housekeeping.touch()
    return answers
  }

  protected keepAlive(): void {
    // An answer comes in the same tick, so nothing has to keep the process alive.
  }

  async terminate(): Promise<void> {
    // A pool on one thread closes its readers first.
    this.#session?.close(true)
    this.#session = undefined
  }
}

async function fileTasks(connector: Connector): Promise<FileTasks> {
  // A pool with threads starts without this code.
  const { inlineFileTasks } = await import('../repair/file-tasks.ts')
  return inlineFileTasks(connector)
}
