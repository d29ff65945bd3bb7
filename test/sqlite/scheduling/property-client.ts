import { type Kysely, sql, type Transaction } from 'kysely'
import { expect } from 'vitest'
import {
  QueryAbortedError,
  TransactionLostError,
  WorkerLostError,
} from '../../../src/main/sqlite/errors/query-errors.ts'
import type { Migrations } from '../../../src/main/sqlite/migrations/migrations.ts'
import type { Pool } from '../../../src/main/sqlite/pool.ts'
import type { Step, Writes } from './property-steps.ts'

export interface CellSchema {
  /** A client writes its own rows only, so that it knows what they must be. */
  cell: { client: number; key: number; value: number }
  /** Every transaction sets these two rows to the same value, one after the other. A read that finds different values has seen an uncommitted transaction. */
  pair: { side: 'left' | 'right'; value: number }
}

export const cellMigrations: Migrations = {
  '001-cell': {
    up: async (db) => {
      await sql`create table cell (client integer, key integer, value integer, primary key (client, key))`.execute(
        db,
      )
      await sql`create table pair (side text primary key, value integer)`.execute(db)
      await sql`insert into pair values ('left', 0), ('right', 0)`.execute(db)
    },
  },
}

class RolledBackOnPurpose extends Error {}

// A few milliseconds inside SQLite, so that an abort or the end of a thread can come in the middle.
const dawdle = sql<number>`(with recursive n (i) as (select 1 union all select i + 1 from n where i < 20000) select max(i) * 0 from n)`

/** Works on a pool, and keeps beside it what the database must say. */
export class Client {
  readonly #pool: Pool<CellSchema>
  readonly #id: number
  #cells = new Map<number, number>()

  constructor(pool: Pool<CellSchema>, id: number) {
    this.#pool = pool
    this.#id = id
  }

  /** What this client's rows must be. */
  get expected(): CellSchema['cell'][] {
    return [...this.#cells]
      .sort(([a], [b]) => a - b)
      .map(([key, value]) => ({ client: this.#id, key, value }))
  }

  async run(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      await this.#take(step)
      // Whatever was awaited is seen by what is asked next.
      expect(await this.#readPatiently()).toEqual(this.expected)
    }
  }

  async #take(step: Step): Promise<void> {
    switch (step.kind) {
      case 'write':
        for (const write of step.writes) {
          const query = this.#put(this.#pool.db, write)
          await this.#change([write], () => this.#pool.query(query, limits(step.abortAfter)))
        }
        return
      case 'batch': {
        const queries = step.writes.map((write) => this.#put(this.#pool.db, write))
        return this.#change(step.writes, () => this.#pool.batch(queries, limits(step.abortAfter)))
      }
      case 'transaction':
        return this.#change(step.end === 'commit' ? step.writes : [], () => this.#transaction(step))
      case 'read':
        await this.#pool.query(this.#all(), limits(step.abortAfter)).catch(isNoFault)
        return
      case 'stream':
        return this.#stream(step.leaveAfter)
      case 'look at pair':
        return this.#lookAtPair(step.isSnapshot)
    }
  }

  /** Does what changes this client's rows: all of it if it succeeds, or all or none of it if a thread was lost. */
  async #change(writes: Writes, run: () => Promise<unknown>): Promise<void> {
    const before = this.expected
    const old = this.#cells
    this.#cells = new Map([...old, ...writes])
    try {
      await run()
    } catch (error) {
      const seen = await this.#readPatiently()
      // A lost writer may have committed; anything else says for certain that it did not.
      const isDone =
        error instanceof WorkerLostError && JSON.stringify(seen) === JSON.stringify(this.expected)
      if (!isDone) {
        this.#cells = old
        expect(seen).toEqual(before)
      }
      if (!(error instanceof RolledBackOnPurpose)) isNoFault(error)
    }
  }

  #transaction({ writes, end, abortAfter }: Step & { kind: 'transaction' }): Promise<void> {
    const value = writes[0]?.[1] ?? 0
    return this.#pool.db.transaction().execute(async (trx) => {
      const setSide = (side: 'left' | 'right') =>
        trx.updateTable('pair').set({ value }).where('side', '=', side).execute()
      await setSide('left')
      for (const write of writes) await this.#put(trx, write).execute(limits(abortAfter))
      const inside = await this.#all(trx).execute()
      expect(inside).toEqual(merged(this.expected, this.#id, writes))
      await setSide('right')
      if (end !== 'commit') throw new RolledBackOnPurpose()
    })
  }

  async #stream(leaveAfter: number): Promise<void> {
    const rows: CellSchema['cell'][] = []
    try {
      for await (const row of this.#all().stream(2)) {
        if (rows.length === leaveAfter) break
        rows.push(row)
      }
      expect(rows).toEqual(this.expected.slice(0, leaveAfter))
    } catch (error) {
      isNoFault(error)
    }
  }

  async #lookAtPair(isSnapshot: boolean): Promise<void> {
    const { db } = this.#pool
    const sides = async (from: Kysely<CellSchema>, side: 'left' | 'right') =>
      (await from.selectFrom('pair').select('value').where('side', '=', side).executeTakeFirstOrThrow()).value
    try {
      const [left, right] = isSnapshot
        ? await db
            .transaction()
            .setAccessMode('read only')
            .execute(async (trx) => [await sides(trx, 'left'), await sides(trx, 'right')])
        : (await db.selectFrom('pair').select('value').execute()).map(({ value }) => value)
      expect(left).toBe(right)
    } catch (error) {
      isNoFault(error)
    }
  }

  async #readPatiently(): Promise<CellSchema['cell'][]> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#all().execute()
      } catch (error) {
        if (!(error instanceof WorkerLostError) || attempt === 10) throw error
      }
    }
  }

  #all(db: Kysely<CellSchema> = this.#pool.db) {
    return db.selectFrom('cell').selectAll().where('client', '=', this.#id).orderBy('key')
  }

  #put(db: Kysely<CellSchema> | Transaction<CellSchema>, [key, value]: Writes[number]) {
    return db
      .insertInto('cell')
      .values({ client: this.#id, key, value: sql<number>`${value} + ${dawdle}` })
      .onConflict((conflict) => conflict.columns(['client', 'key']).doUpdateSet({ value }))
  }
}

function merged(rows: readonly CellSchema['cell'][], client: number, writes: Writes): CellSchema['cell'][] {
  const cells = new Map([...rows.map(({ key, value }) => [key, value] as const), ...writes])
  return [...cells].sort(([a], [b]) => a - b).map(([key, value]) => ({ client, key, value }))
}

function limits(abortAfter: number | undefined): { signal?: AbortSignal } {
  return abortAfter === undefined ? {} : { signal: AbortSignal.timeout(abortAfter) }
}

/** What an abort, or a thread that is ended from outside, may do to a query. Everything else is a fault. */
function isNoFault(error: unknown): void {
  const mayBe = [QueryAbortedError, WorkerLostError, TransactionLostError]
  if (!mayBe.some((type) => error instanceof type)) throw error
}
