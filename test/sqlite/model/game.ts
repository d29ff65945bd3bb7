import { join } from 'node:path'
import SqliteDatabase, { type Database } from 'better-sqlite3'
import { CompiledQuery } from 'kysely'
import { connect, type Pool, release } from '../../../src/main/sqlite/pool.ts'
import type { PoolOptions } from '../../../src/main/sqlite/pool-options.ts'
import { applyWriterPragmas } from '../../../src/main/sqlite/pragmas.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import type { AnySchema } from './builder.ts'
import { clear, contentOf, demandSameContent, demandSameReads } from './full-read.ts'
import { Model } from './model.ts'
import { Names } from './names.ts'
import { abortedCode, isFailure, lostCode, Mismatch, type Outcome, workerLostCode } from './outcome.ts'
import { Player, type Record } from './player.ts'
import { isUncertain, Referee } from './referee.ts'
import { baseStatements } from './schema-changes.ts'
import { compile, type Statement } from './statements.ts'
import type { Step } from './steps.ts'

// Far above what a step takes: one that is not over by then never will be.
const longestStep = 20_000
const readers = 2

/** A step of a list has failed. */
export class ListFailed extends Error {
  /** Whether the pool can play on: it only gave what it should not have given. */
  readonly isMismatch: boolean

  constructor(message: string, cause: unknown) {
    super(message, { cause })
    this.isMismatch = cause instanceof Mismatch
  }
}

/** A pool and a model side by side, each on a file of its own, for many lists of steps. */
export class Game {
  readonly pool: Pool<AnySchema>
  readonly #dir: string
  /** The other connection on the pool's file. */
  readonly #outside: Database
  readonly #model: Model
  readonly #referee: Referee
  #names = new Names(0)

  private constructor(dir: string, pool: Pool<AnySchema>) {
    this.#dir = dir
    this.pool = pool
    this.#outside = new SqliteDatabase(pool.databasePath)
    applyWriterPragmas(this.#outside)
    this.#model = new Model(join(dir, 'model.db'), this.#names)
    this.#referee = new Referee(this.#model)
  }

  static async open(mode: 'threads' | 'inline', options: PoolOptions = {}): Promise<Game> {
    const dir = temporaryDirectory()
    const pool = await connect<AnySchema>({ dir, mode, readers, closeTimeout: 500, ...options })
    const game = new Game(dir, pool)
    await game.allOpen()
    return game
  }

  /** Waits until no thread is starting. */
  async allOpen(): Promise<void> {
    for (;;) {
      const { writer, readers } = await this.pool.stats()
      if ([writer, ...readers].every(({ state }) => state !== 'starting') && readers.length > 0) return
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }

  async close(): Promise<void> {
    this.#outside.close()
    this.#model.close()
    await inTime('closing the pool', release(this.#dir))
  }

  /**
   * Plays a list of steps, from the base schema on.
   *
   * @param list the list's number, which its names carry.
   * @param during is called beside each step.
   * @throws {Mismatch} or whatever else is wrong, with the step.
   */
  async play(list: number, steps: readonly Step[], during?: () => Promise<void>): Promise<void> {
    this.#start(list)
    const player = new Player(this.pool, this.#names)
    try {
      for (const [index, step] of steps.entries())
        await naming(`step ${index}`, () => this.#take(player, step, during))
      await inTime('the end of the snapshot', player.closeSnapshot())
      this.#model.closeSnapshot()
      await naming('the end of the list', () => inTime('the full read', this.#compareAll()))
    } finally {
      await inTime('the end of the snapshot', player.closeSnapshot())
    }
  }

  /** @throws where SQLite finds the pool's file damaged. */
  checkIntegrity(): void {
    const found = this.#outside.pragma('integrity_check', { simple: true })
    if (found !== 'ok') throw new Error(`the integrity check says: ${found}`)
  }

  #start(list: number): void {
    this.#names = new Names(list)
    this.#model.start(this.#names)
    for (const connection of [this.#outside, this.#model.outside]) {
      clear(connection)
      for (const sql of baseStatements(this.#names)) connection.exec(sql)
    }
  }

  async #take(player: Player, step: Step, during?: () => Promise<void>): Promise<void> {
    if (step.step === 'outside') return this.#takeOutside(step.statements)
    const playing = player.play(step)
    const [record] = await inTime('it', Promise.all([playing, during?.()]))
    const outcomes = [...record.outcomes, record.end]
    const isCut = outcomes.some((outcome) => isFailure(outcome) && cutCodes.includes(outcome.error))
    if (isCut) await inTime('the writer', this.#settle())
    if (!isCut || !this.#hasLeftNothing(outcomes)) this.#referee.judge(step, record)
    if (isCut) await inTime('the full read', this.#compareAll())
  }

  /** Whether a step of which only the database can say what became has left nothing there. */
  #hasLeftNothing(outcomes: readonly Outcome[]): boolean {
    return outcomes.some(isUncertain) && contentOf(this.#outside) === contentOf(this.#model.outside)
  }

  #takeOutside(statements: readonly Statement[]): void {
    for (const statement of statements) {
      const { sql, parameters } = compile(statement, this.#names)
      const expected = this.#model.runOutside(statement)
      try {
        const prepared = this.#outside.prepare(sql)
        if (prepared.reader) prepared.safeIntegers(true).all(...parameters)
        else prepared.run(...parameters)
      } catch (error) {
        if (!isFailure(expected)) throw error
      }
    }
  }

  /** Waits for what a query that was given up may have left in the writer. */
  async #settle(): Promise<void> {
    await this.pool.db.transaction().execute((trx) => trx.executeQuery(CompiledQuery.raw('select 1')))
  }

  async #compareAll(): Promise<void> {
    demandSameContent(this.#model, this.#outside)
    await demandSameReads(this.#model, this.pool.db)
  }
}

const cutCodes: readonly string[] = [abortedCode, workerLostCode, lostCode]

/** Fails where something waits without end. */
async function inTime<Value>(what: string, work: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} hangs`)), longestStep)
  })
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}

async function naming<Value>(what: string, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work()
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new ListFailed(`${what}: ${message}`, error)
  }
}
