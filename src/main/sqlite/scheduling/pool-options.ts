import { availableParallelism } from 'node:os'
import type { KyselyPlugin, LogConfig } from 'kysely'
import type { OptionChecks } from '../../../shared/check-options.ts'
import {
  callback,
  either,
  listOf,
  milliseconds,
  oneOf,
  trueOrFalse,
  wholeNumberFrom,
} from '../../../shared/option-kinds.ts'
import type { ConnectionSetup } from '../../runtime/connection-setup.ts'
import type { DatabaseReplacedError } from '../errors/open-errors.ts'
import type { PinnedLog } from '../housekeeping/housekeeping.ts'
import {
  type ConnectionOptions,
  connectionOptionChecks,
  connectionSetup,
} from '../open/connection-options.ts'
import type { IntegerPolicy } from '../wire/protocol.ts'

/** A statement that took SQLite longer than the threshold. */
export interface SlowQuery {
  /** The statement, without its values. */
  readonly sql: string
  /** How many milliseconds SQLite worked on it. Waiting for a connection does not count. */
  readonly milliseconds: number
  /** Which connection ran it. */
  readonly role: 'writer' | 'reader'
}

/** Reads prevent the write-ahead log from being emptied. Until they end, every write makes the log larger. */
export interface PinnedLogWarning extends PinnedLog {
  /**
   * The last statements of this pool's readers that are in use, without values. If the list is empty, another process
   * is reading.
   */
  readonly statements: readonly string[]
}

/** The options of a pool. The first call that opens a database sets them for all calls that share it. */
export interface PoolOptions extends ConnectionOptions {
  /**
   * `threads`: every connection has its own worker thread. `inline`: all connections are on the caller's thread, for
   * tools and tests. Default `threads`.
   */
  readonly mode?: 'threads' | 'inline'
  /**
   * The largest number of connections that read, besides the writer. The pool starts with one. It starts another one when
   * a read waits for a slow one, and ends it after 30 seconds without work. Default: the number of cores minus one, but
   * at least 2 and at most 3.
   */
  readonly readers?: number
  /**
   * The type of SQLite's 64-bit integers. `number`: an integer beyond 2^53 causes an {@link IntegerRangeError}, and is
   * never rounded. `bigint`: every integer is a bigint. Default `number`.
   */
  readonly integers?: IntegerPolicy
  /** How many milliseconds closing the pool waits for work in progress. Default 5000. */
  readonly closeTimeout?: number
  /**
   * How many milliseconds a query waits while transactions and streams have the connection that it needs. Default
   * 30000.
   */
  readonly waitTimeout?: number
  /** How many prepared statements each connection keeps. Default 200. */
  readonly statementCacheSize?: number
  /**
   * Whether views and triggers of the file may use virtual tables and functions that can do more than read the file's
   * own rows, such as `pragma_table_info` or an FTS5 vocabulary table. Leave it off if the file can come from an
   * untrusted source (sqlite.org/pragma.html#pragma_trusted_schema). Default false.
   */
  readonly trustedSchema?: boolean
  /** The largest JavaScript heap of each thread, in MiB. A result that does not fit ends the thread. Default 512. */
  readonly heapLimit?: number
  /**
   * Kysely plugins, for example `CamelCasePlugin`. They apply to `db`, migrations, `query`, `batch`, `within` and
   * streams. Default none.
   */
  readonly plugins?: readonly KyselyPlugin[]
  /** Kysely's `log`: the levels to print (`query`, `error`), or a function that receives each event. Default none. */
  readonly log?: LogConfig
  /**
   * Called for each statement that took `slowQueryThreshold` or longer. If it throws, the error is an uncaught
   * exception, and the pool still works.
   */
  readonly onSlowQuery?: (query: SlowQuery) => void
  /**
   * Called when reads have prevented the write-ahead log from being emptied for ten seconds, and every ten seconds
   * after that. If it throws, the error is an uncaught exception, and the pool still works.
   */
  readonly onPinnedLog?: (warning: PinnedLogWarning) => void
  /** A statement is slow if it takes SQLite this many milliseconds. Default 100. */
  readonly slowQueryThreshold?: number
}

export const poolOptionChecks: OptionChecks<PoolOptions> = {
  ...connectionOptionChecks,
  mode: oneOf('threads', 'inline'),
  readers: wholeNumberFrom(1, 'readers'),
  integers: oneOf('number', 'bigint'),
  closeTimeout: milliseconds,
  waitTimeout: milliseconds,
  statementCacheSize: wholeNumberFrom(1, 'statements'),
  trustedSchema: trueOrFalse,
  heapLimit: wholeNumberFrom(1, 'MiB'),
  plugins: listOf('Kysely plugins', isPlugin),
  log: either(
    callback,
    listOf('levels, "query" or "error"', (level) => level === 'query' || level === 'error'),
  ),
  onSlowQuery: callback,
  onPinnedLog: callback,
  slowQueryThreshold: milliseconds,
}

function isPlugin(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && 'transformQuery' in value && 'transformResult' in value
  )
}

export type PoolSettings = Required<
  Omit<PoolOptions, 'onSlowQuery' | 'onPinnedLog' | 'log' | 'trustedSchema' | keyof ConnectionOptions>
> &
  Pick<PoolOptions, 'onSlowQuery' | 'onPinnedLog' | 'log'> & {
    /** Called once when a file of the database is no longer the one that was opened. */
    readonly onFilesLost?: (error: DatabaseReplacedError) => void
    readonly setup: ConnectionSetup
    /** How many milliseconds a read waits for another one before one more reader is started for it. */
    readonly readPatience: number
    /** How many milliseconds a reader has nothing to do before it ends, unless it is the last one. */
    readonly readerIdleTime: number
  }

/** @param dir the data directory. */
export function poolSettings(options: PoolOptions, dir: string): PoolSettings {
  return {
    mode: options.mode ?? 'threads',
    readers: options.readers ?? defaultReaders(),
    integers: options.integers ?? 'number',
    closeTimeout: options.closeTimeout ?? 5_000,
    waitTimeout: options.waitTimeout ?? 30_000,
    statementCacheSize: options.statementCacheSize ?? 200,
    setup: connectionSetup(dir, options, options.trustedSchema ?? false),
    heapLimit: options.heapLimit ?? 512,
    slowQueryThreshold: options.slowQueryThreshold ?? 100,
    readPatience: 10,
    readerIdleTime: 30_000,
    plugins: options.plugins ?? [],
    ...(options.log && { log: options.log }),
    ...(options.onSlowQuery && { onSlowQuery: options.onSlowQuery }),
    ...(options.onPinnedLog && { onPinnedLog: options.onPinnedLog }),
  }
}

/** At least two, so that the next read does not wait for a slow one. */
function defaultReaders(): number {
  return Math.min(3, Math.max(2, availableParallelism() - 1))
}
