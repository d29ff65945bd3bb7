import { MessageChannel } from 'node:worker_threads'
import { DatabaseOpenError } from '../errors/open-errors.ts'
import { HousekeepingClient } from '../housekeeping/housekeeping-client.ts'
import { notWanted } from '../open/open-connection.ts'
import { inlineBackupTasks } from '../repair/backup-task.ts'
import { openSession } from '../thread/open-session.ts'
import type { Session } from '../thread/session.ts'
import type { Answer, MayOpen, Request, ThreadOptions } from '../wire/protocol.ts'
import type { ThreadControl } from '../wire/thread-control.ts'
import { type LinkEvents, ThreadLink } from './thread-link.ts'

/** A connection on the caller's own thread, for tools and tests. */
export class InlineLink extends ThreadLink {
  readonly opened: Promise<void>
  readonly housekeeping: HousekeepingClient | undefined
  #session: Session | undefined

  /** @param mayOpen resolves when the connection may be opened, or to false when it never may. Default: at once. */
  constructor(
    options: Omit<ThreadOptions, 'control'>,
    control: ThreadControl,
    events: LinkEvents,
    mayOpen?: Promise<MayOpen>,
  ) {
    super(options.role, control, events)
    const forHousekeeping = options.role === 'writer' ? new MessageChannel() : undefined
    this.housekeeping = forHousekeeping && new HousekeepingClient(forHousekeeping.port1, events)
    this.opened = (async () => {
      const allowed = await mayOpen
      if (allowed === false) throw new DatabaseOpenError(options.path, notWanted())
      this.#session = await openSession(
        { ...options, ...allowed },
        control,
        forHousekeeping?.port2,
        inlineBackupTasks,
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
    // An answer comes in the same tick: there is nothing to stay alive for.
  }

  async terminate(): Promise<void> {
    // A pool on one thread closes its readers first.
    this.#session?.close(true)
    this.#session = undefined
  }
}
