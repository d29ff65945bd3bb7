import { refuseConnectionState } from '../open/open-connection.ts'
import type { EarlyConnection } from '../open/open-early.ts'
import { Session } from '../thread/session.ts'
import type { Answer, Request, ThreadOptions } from '../wire/protocol.ts'
import type { QueryJob } from './jobs.ts'
import { ShortReads } from './short-reads.ts'
import { type LinkEvents, ThreadLink } from './thread-link.ts'

/** How many milliseconds the reads may take together. The time is checked after each of them. */
const budget = 50

/**
 * A connection on the main thread for the first short reads of an app, because a thread takes longer to start than such
 * reads take.
 */
export class EarlyLink extends ThreadLink {
  readonly opened = Promise.resolve()
  override readonly isOpen = true
  readonly #session: Session
  readonly #files: EarlyConnection['files']
  readonly #shortReads: ShortReads
  #left = budget
  #isClosed = false

  constructor(
    { connection, files }: EarlyConnection,
    options: Pick<ThreadOptions, 'patience' | 'integers' | 'statementCacheSize'>,
    events: LinkEvents,
  ) {
    super('reader', events)
    refuseConnectionState(connection)
    this.#session = new Session(connection, this.control, options)
    this.#files = files
    this.#shortReads = new ShortReads(connection)
    this.fileId = files.id
  }

  /** @returns false if another connection must run the read, because it may take long. */
  answer(job: QueryJob): boolean {
    if (this.#isClosed || this.#left <= 0) return false
    const started = performance.now()
    const isShort = this.#shortReads.has(job.sql, job.parameters)
    this.#left -= performance.now() - started
    if (isShort) this.send(job)
    return isShort
  }

  protected post(requests: readonly Request[]): readonly Answer[] {
    const started = performance.now()
    const answers = requests.map((request) => this.#session.answer(request))
    this.#left -= performance.now() - started
    return answers
  }

  protected keepAlive(): void {
    // An answer comes in the same tick, so nothing has to keep the process alive.
  }

  /** Closes the connection. The files stay open: closing them would drop the locks of the other connections. */
  async terminate(): Promise<void> {
    this.#isClosed = true
    // A read that was sent in this tick is answered at the end of the tick.
    while (this.load > 0) await Promise.resolve()
    this.#session.close(false)
  }

  /** Call it when no connection of this process has the database open. */
  closeFiles(): void {
    this.#files.close()
  }
}
