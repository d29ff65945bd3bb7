import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { inlineBackupTasks } from './backup-task.ts'
import { openWithClone } from './clone-database.ts'
import { DatabaseOpenError } from './errors.ts'
import { HousekeepingClient } from './housekeeping-client.ts'
import { HousekeepingService } from './housekeeping-service.ts'
import { notWanted, openReaderConnection } from './open-connection.ts'
import { openWriter } from './open-writer.ts'
import { hasWal } from './pragmas.ts'
import type { Answer, Request, ThreadOptions } from './protocol.ts'
import { Session } from './session.ts'
import type { ThreadControl } from './thread-control.ts'
import { type LinkEvents, ThreadLink } from './thread-link.ts'

/** A connection on the caller's own thread, for tools and tests. */
export class InlineLink extends ThreadLink {
  readonly opened: Promise<void>
  readonly housekeeping: HousekeepingClient | undefined
  #session: Session | undefined

  /** @param mayOpen becomes true when the connection may be opened, false when it never may. Default: at once. */
  constructor(
    options: Omit<ThreadOptions, 'control'>,
    control: ThreadControl,
    events: LinkEvents,
    mayOpen?: Promise<boolean>,
  ) {
    super(options.role, control, events)
    const forHousekeeping = options.role === 'writer' ? new MessageChannel() : undefined
    this.housekeeping = forHousekeeping && new HousekeepingClient(forHousekeeping.port1, events)
    this.opened = (async () => {
      if (mayOpen && !(await mayOpen)) throw new DatabaseOpenError(options.path, notWanted())
      const { session, isWal } = open(options, control, forHousekeeping?.port2)
      this.#session = session
      this.fileId = session.fileId
      this.hasWal = isWal
      this.isOpen = true
    })()
  }

  protected post(requests: readonly Request[]): readonly Answer[] | undefined {
    const session = this.#session
    if (!session) return undefined
    const answers = requests.map((request) => session.answer(request))
    session.noteChanges()
    session.touch()
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

function open(
  options: Omit<ThreadOptions, 'control'>,
  control: ThreadControl,
  housekeeping: MessagePort | undefined,
): { session: Session; isWal: boolean } {
  const { path, migrations, trustedSchema, cloneTo } = options
  if (migrations === undefined || !housekeeping) {
    const session = new Session(openReaderConnection(path, trustedSchema), control, options)
    return { session, isWal: true }
  }
  const writer = openWithClone(() => openWriter({ ...options, migrations }), migrations, cloneTo)
  const service = new HousekeepingService(writer, housekeeping, inlineBackupTasks)
  return {
    session: new Session(writer.connection, control, options, service),
    isWal: hasWal(writer.connection),
  }
}
