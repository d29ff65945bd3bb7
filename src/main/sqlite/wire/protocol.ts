import type { ConnectionSetup } from '../../runtime/connection-setup.ts'
import type { CarriedError } from './carried-error.ts'

/**
 * The messages between the main thread and a database thread. A message is an array of requests or of answers, so that
 * all requests of one tick are sent together. Each request is a tuple rather than an object, because structured clone
 * writes the keys of every object again.
 *
 * Each request and each answer is complete. Neither side depends on an earlier one, because any answer may be dropped:
 * its query was aborted, its batch failed, or its thread died.
 *
 * The second element is always the sequence number that an answer shares with its request.
 */

/** What SQLite stores, as JavaScript has it: sqlite.org/datatype3.html. */
export type Cell = number | bigint | string | Uint8Array | null

/** Where a statement runs. It decides what the thread does around it. */
export const Place = {
  /** On a reader, beside others. A statement that may write is given back. */
  reader: 0,
  /** On the writer, between the statements of other callers. It must leave the connection as it was. */
  writer: 1,
  /** On the writer while one caller has leased it, outside a transaction. */
  connection: 2,
  /** Inside a transaction that a `begin` has opened. */
  transaction: 3,
} as const
export type Place = (typeof Place)[keyof typeof Place]

/** No cell of the thread's control memory watches over this request: it cannot be aborted once it has started. */
export const noSlot = -1

export const RequestType = {
  run: 0,
  batch: 1,
  begin: 2,
  end: 3,
  openCursor: 4,
  readCursor: 5,
  closeCursor: 6,
  refuseWrites: 7,
  close: 8,
  reset: 9,
} as const

/** A message is sent before it exceeds this many bytes. The count is approximate: see `bytesOf` in `cells.ts`. */
export const messageBytes = 8 * 2 ** 20

/** A single request or answer with more bytes fails alone. V8 ends the process at about twice as many. */
export const largestValueBytes = 1_000_000_000

/** The values of a statement: by position, or by name. */
export type Parameters = readonly Cell[] | Readonly<Record<string, Cell>>
export type BatchStatement = readonly [sql: string, parameters: Parameters]
/** `commit` and `rollback` end the transaction; the rest is a savepoint command, which leaves it open. */
export type TransactionEnd = 'commit' | 'rollback' | 'savepoint'

export type RunRequest = readonly [
  type: typeof RequestType.run,
  id: number,
  slot: number,
  place: Place,
  sql: string,
  parameters: Parameters,
]
export type BatchRequest = readonly [
  type: typeof RequestType.batch,
  id: number,
  slot: number,
  statements: readonly BatchStatement[],
]
/** `read` opens a read transaction and takes its snapshot at once. */
export type BeginRequest = readonly [type: typeof RequestType.begin, id: number, mode: 'immediate' | 'read']
export type EndRequest = readonly [
  type: typeof RequestType.end,
  id: number,
  how: TransactionEnd,
  /** The savepoint command, as Kysely compiled it. Empty for the others. */
  sql: string,
]
export type OpenCursorRequest = readonly [
  type: typeof RequestType.openCursor,
  id: number,
  slot: number,
  place: Place,
  sql: string,
  parameters: Parameters,
  chunkSize: number,
]
export type Request =
  | RunRequest
  | BatchRequest
  | BeginRequest
  | EndRequest
  | OpenCursorRequest
  /** `cursor` is the sequence number of the request that opened it. */
  | readonly [
      type: typeof RequestType.readCursor | typeof RequestType.closeCursor,
      id: number,
      cursor: number,
    ]
  /** `isLast`: no other connection of this process has the files open. */
  | readonly [type: typeof RequestType.close, id: number, isLast: boolean]
  /** `reset` ends a lease: it undoes what the holder changed about the connection. */
  | readonly [type: typeof RequestType.refuseWrites | typeof RequestType.reset, id: number]

export const AnswerType = {
  rows: 0,
  done: 1,
  failed: 2,
  /** A reader does not run this statement, because SQLite says that it may write. */
  notReadonly: 3,
  /** It was stopped on request. Nothing of it stays in the database. */
  aborted: 4,
  batch: 5,
} as const

/** The cells of a result. If there are few rows, one array has them row after row. If not, each column is an array. */
export type Cells = readonly Cell[] | readonly Column[]
export type Column = readonly Cell[] | Float64Array

export type RowsAnswer = readonly [
  type: typeof AnswerType.rows,
  id: number,
  /** How long SQLite worked on it. */
  milliseconds: number,
  /** The column names as a JSON array. Sending one string takes a tenth of the time of an array of strings. */
  names: string,
  count: number,
  cells: Cells,
  /** Only of a cursor: there is no further row. */
  isLast: boolean,
]
export type DoneAnswer = readonly [
  type: typeof AnswerType.done,
  id: number,
  milliseconds: number,
  changes: number,
  lastInsertRowid: bigint,
]
export type FailedAnswer = readonly [
  type: typeof AnswerType.failed,
  id: number,
  milliseconds: number,
  error: CarriedError,
]
type NotReadonlyAnswer = readonly [type: typeof AnswerType.notReadonly, id: number]
type AbortedAnswer = readonly [type: typeof AnswerType.aborted, id: number, milliseconds: number]
export type BatchAnswer = readonly [
  type: typeof AnswerType.batch,
  id: number,
  milliseconds: number,
  results: readonly (RowsAnswer | DoneAnswer)[],
]

export type Answer = RowsAnswer | DoneAnswer | FailedAnswer | NotReadonlyAnswer | AbortedAnswer | BatchAnswer

/** How the main thread starts a thread: `workerData`. */
export interface ThreadOptions {
  readonly path: string
  readonly role: 'writer' | 'reader'
  /** The names of the migrations that the app has; undefined for a reader. */
  readonly migrations: readonly string[] | undefined
  readonly integers: IntegerPolicy
  readonly control: SharedArrayBuffer
  /** How long it waits for locks of other programs: see `Patience`. */
  readonly patience: SharedArrayBuffer
  /** How many prepared statements the thread keeps. */
  readonly statementCacheSize: number
  /** How the connection is opened, and set up by the app. */
  readonly setup: ConnectionSetup
  /** Where the first writer clones the database before it is migrated, if the filesystem can do that. */
  readonly cloneTo?: string | undefined
  /** Which database file the pool has open, for a writer that replaces one that ended. */
  readonly fileId: string | undefined
}

/** `number`: an integer beyond 2^53 is an error, never rounded. `bigint`: every integer is a bigint. */
export type IntegerPolicy = 'number' | 'bigint'

/** The first message to a waiting thread: whether it opens its connection. */
export type MayOpen = false | { readonly fileId: string | undefined }

/** The first message of a thread. */
export type Opened =
  | {
      readonly opened: true
      /** Which database file the writer has open. */
      readonly fileId: string | undefined
      /** Whether other connections can be open at the same time. Without shared memory there is no WAL mode. */
      readonly hasWal: boolean
    }
  | { readonly opened: false; readonly error: CarriedError }
