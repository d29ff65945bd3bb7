import { join } from 'node:path'
import SqliteDatabase, { type Database } from 'better-sqlite3'
import { CompiledQuery } from 'kysely'
import { applyWriterPragmas } from '../../../src/main/sqlite/open/pragmas.ts'
import { connect, type Pool, release } from '../../../src/main/sqlite/pool.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import type { AnySchema } from './builder.ts'
import { clear, contentOf, demandSameContent, demandSameReads, demandSameSettings } from './full-read.ts'
import { Model } from './model.ts'
import { Names } from './names.ts'
import { abortedCode, demandSame, isFailure, lostCode, outcomeText, workerLostCode } from './outcome.ts'
import { Player } from './player.ts'
import { isOpenQuestion, Referee } from './referee.ts'
import { baseStatements } from './schema-changes.ts'
import type { Statement } from './statements.ts'
import { type Step, statementsOf } from './steps.ts'

// Much longer than a step takes. A step that is not finished by then never will be.
const longestStep = 20_000
const readers = 2

/** A pool and a model, each with its own file, for many lists of steps. */
export class Game {
  readonly pool: Pool<AnySchema>
  readonly #dir: string
  readonly #patience: number
  /** The other connection to the pool's file. */
  readonly #outside: Database
  readonly #model: Model
  readonly #referee: Referee
  #names = new Names(0)
  /** True if the other connection has changed something that the writers may not have seen. */
  #isSchemaStale = false
  /** How often each outcome occurred, to check that the lists are varied enough. */
  readonly met = new Map<string, number>()

  private constructor(dir: string, pool: Pool<AnySchema>, patience: number) {
    this.#dir = dir
    this.#patience = patience
    this.pool = pool
    this.#outside = new SqliteDatabase(pool.databasePath)
    applyWriterPragmas(this.#outside, false)
    // Nothing makes its waits longer, as the pool does.
    this.#outside.pragma('busy_timeout = 30000')
    this.#model = new Model(join(dir, 'model.db'), this.#names)
    this.#referee = new Referee(this.#model)
  }

  /** @param patience how long a step may take, in milliseconds. */
  static async open(mode: 'threads' | 'inline', patience = longestStep): Promise<Game> {
    const dir = temporaryDirectory()
    const pool = await connect<AnySchema>({ dir, mode, readers, closeTimeout: 500 })
    const game = new Game(dir, pool, patience)
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
    await this.#inTime('closing the pool', release(this.#dir))
  }

  /**
   * Plays a list of steps, starting from the base schema.
   *
   * @param list the list's number, which is part of its names.
   * @param during runs during the last step.
   * @throws {Mismatch} or another error that names the step.
   */
  async play(list: number, steps: readonly Step[], during?: () => Promise<void>): Promise<void> {
    this.#start(list)
    const player = new Player(this.pool, this.#names)
    try {
      for (const [index, step] of steps.entries())
        await naming(`step ${index}`, () =>
          this.#take(player, step, index === steps.length - 1 ? during : undefined),
        )
      await this.#inTime('the end of the snapshot', player.closeSnapshot())
      this.#model.closeSnapshot()
      await naming('the end of the list', () => this.#inTime('the full read', this.#compareAll()))
    } finally {
      await this.#inTime('the end of the snapshot', player.closeSnapshot())
    }
  }

  /** @throws if SQLite finds that the pool's file is damaged. */
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
    if (this.#isSchemaStale && hasSchemaChange(step)) await this.#inTime('the writer', this.#refreshSchema())
    const playing = player.play(step)
    const [record] = await this.#inTime('it', Promise.all([playing, during?.()]))
    const outcomes = [...record.outcomes, record.end]
    for (const outcome of outcomes)
      this.#count(`${step.step}: ${isFailure(outcome) ? outcomeText(outcome) : 'success'}`)
    const isCut = outcomes.some((outcome) => isFailure(outcome) && cutCodes.includes(outcome.error))
    if (isCut) await this.#inTime('the writer', this.#settle())
    if (!isOpenQuestion(step, record) || !this.#hasLeftNothing()) this.#referee.judge(step, record)
    if (isCut) await this.#inTime('the full read', this.#compareAll())
  }

  #count(what: string): void {
    this.met.set(what, (this.met.get(what) ?? 0) + 1)
  }

  /** Whether a step has left the database unchanged. */
  #hasLeftNothing(): boolean {
    return contentOf(this.#outside) === contentOf(this.#model.outside)
  }

  #takeOutside(statements: readonly Statement[]): void {
    this.#isSchemaStale = true
    for (const statement of statements) {
      const expected = this.#model.runOn(this.#model.outside, statement)
      demandSame('the other connection', expected, this.#model.runOn(this.#outside, statement))
    }
  }

  /**
   * SQLite checks whether a name already exists in the schema that the connection last read. This test does not depend
   * on that, so both writers read the schema here.
   */
  async #refreshSchema(): Promise<void> {
    this.#isSchemaStale = false
    this.#model.runText(anySchemaRead)
    await this.#settle()
  }

  /** Waits for work that an aborted query may have left in the writer. */
  async #settle(): Promise<void> {
    await this.pool.db.transaction().execute((trx) => trx.executeQuery(CompiledQuery.raw(anySchemaRead)))
  }

  async #compareAll(): Promise<void> {
    demandSameContent(this.#model, this.#outside)
    await demandSameReads(this.#model, this.pool.db)
    await demandSameSettings(this.#model, this.pool.db)
  }

  /** Fails if something waits forever. */
  async #inTime<Value>(what: string, work: Promise<Value>): Promise<Value> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      const report = async () => {
        const stats = JSON.stringify(await this.pool.stats())
        reject(new Error(`${what} hangs: ${stats}`))
      }
      timer = setTimeout(() => void report(), this.#patience)
    })
    return Promise.race([work, late]).finally(() => clearTimeout(timer))
  }
}

const anySchemaRead = 'select 1 from sqlite_schema limit 1'
const cutCodes: readonly string[] = [abortedCode, workerLostCode, lostCode]

function hasSchemaChange(step: Step): boolean {
  return statementsOf(step).some(({ what }) => what.form === 'schema change')
}

async function naming<Value>(what: string, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work()
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new Error(`${what}: ${message}`, { cause: error })
  }
}
