import type { Database } from 'better-sqlite3'
import type { Cursors } from './cursors.ts'
import { RefusedRequest } from './failures.ts'
import type { BeginRequest, EndRequest } from './protocol.ts'

/** The transaction that the main thread has begun on a connection, if it has: how it stands here and over there. */
export class BegunTransaction {
  readonly #connection: Database
  readonly #cursors: Cursors
  /** `lost`: SQLite or an abort has ended it, and the main thread has not heard of it yet. */
  #state: 'none' | 'open' | 'lost' = 'none'

  constructor(connection: Database, cursors: Cursors) {
    this.#connection = connection
    this.#cursors = cursors
  }

  begin(mode: BeginRequest[2]): void {
    if (mode === 'immediate') this.#connection.exec('begin immediate')
    else {
      this.#connection.exec('begin')
      // The first read takes the snapshot: sqlite.org/lang_transaction.html.
      this.#connection.prepare('select 1 from sqlite_schema limit 1').get()
    }
    this.#state = 'open'
  }

  /** @throws RefusedRequest where it is not open any more. */
  demandOpen(): void {
    if (this.#state !== 'open') throw new RefusedRequest({ kind: 'transaction-lost' })
  }

  /** @param sql what is done about a savepoint, which leaves the transaction open. */
  end(how: EndRequest[2], sql: string): void {
    this.#cursors.closeAll()
    if (how === 'savepoint') {
      this.demandOpen()
      this.#connection.exec(sql)
      return
    }
    if (how === 'commit' && this.#state === 'lost') {
      this.#state = 'none'
      throw new RefusedRequest({ kind: 'transaction-lost' })
    }
    if (this.#connection.inTransaction) this.#connection.exec(how)
    this.#state = 'none'
  }

  /** An error may have made SQLite roll back by itself: sqlite.org/lang_transaction.html. */
  noticeLoss(isAborted: boolean): void {
    if (this.#state !== 'open' || !this.#connection.open) return
    if (isAborted && this.#connection.inTransaction) this.#rollBack()
    if (!this.#connection.inTransaction) this.#state = 'lost'
  }

  /** Undoes what was written in it, if it is open. */
  lose(): void {
    if (!this.#connection.inTransaction) return
    this.#rollBack()
    if (this.#state === 'open') this.#state = 'lost'
  }

  #rollBack(): void {
    this.#cursors.closeAll()
    this.#connection.exec('rollback')
  }
}
