/**
 * What the main thread and a database thread say to each other. A message is an array of requests, or of answers, so
 * that what was asked in one tick travels together. Each is a tuple rather than an object: structured clone writes
 * the keys of an object out again for every one.
 *
 * The second element is always the sequence number that an answer shares with its request.
 */

/** What SQLite stores, as JavaScript has it: sqlite.org/datatype3.html. */
export type Cell = number | bigint | string | Uint8Array | null

/** Where a statement runs. It decides what the thread does around it. */
export const Place = {
  /** On a reader, beside others. A statement that may write is given back. */
  reader: 0,
  /** On the writer, each in a transaction of its own. */
  writer: 1,
  /** Inside a transaction that a `begin` has opened. */
  transaction: 2,
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
  forgetStatements: 9,
} as const

export type Parameters = readonly Cell[]
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
/** `cursor` is the sequence number of the request that opened it. */
export type ReadCursorRequest = readonly [type: typeof RequestType.readCursor, id: number, cursor: number]
export type CloseCursorRequest = readonly [type: typeof RequestType.closeCursor, id: number, cursor: number]
export type PlainRequest = readonly [
  type: typeof RequestType.refuseWrites | typeof RequestType.close | typeof RequestType.forgetStatements,
  id: number,
]

export type Request =
  | RunRequest
  | BatchRequest
  | BeginRequest
  | EndRequest
  | OpenCursorRequest
  | ReadCursorRequest
  | CloseCursorRequest
  | PlainRequest

export const AnswerType = {
  rows: 0,
  done: 1,
  failed: 2,
  /** A reader does not run this: SQLite says that it may write. */
  notReadonly: 3,
  /** Stopped on request; nothing of it stays in the database. */
  aborted: 4,
  batch: 5,
} as const

/** The cells of a result: row after row in one array where there are few rows, else one array a column. */
export type Cells = readonly Cell[] | readonly Column[]
export type Column = readonly Cell[] | Float64Array

export type RowsAnswer = readonly [
  type: typeof AnswerType.rows,
  id: number,
  /** How long SQLite had to do with it. */
  milliseconds: number,
  /** Which list of column names this is. */
  shape: number,
  /** The list itself, the first time a thread uses it. */
  names: readonly string[] | undefined,
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
  failure: Failure,
]
export type NotReadonlyAnswer = readonly [type: typeof AnswerType.notReadonly, id: number]
export type AbortedAnswer = readonly [type: typeof AnswerType.aborted, id: number, milliseconds: number]
export type BatchAnswer = readonly [
  type: typeof AnswerType.batch,
  id: number,
  milliseconds: number,
  results: readonly (RowsAnswer | DoneAnswer)[],
]

export type Answer = RowsAnswer | DoneAnswer | FailedAnswer | NotReadonlyAnswer | AbortedAnswer | BatchAnswer

/** An error on its way through structured clone, which would keep of it no more than its message. */
export type Failure =
  | { readonly kind: 'sqlite'; readonly message: string; readonly code: string }
  | { readonly kind: 'statement-refused' }
  | { readonly kind: 'integer-range'; readonly column: string }
  | { readonly kind: 'transaction-lost' }
  | { readonly kind: 'streaming' }
  | { readonly kind: 'other'; readonly name: string; readonly message: string }

/** How the main thread starts a thread: `workerData`. */
export interface ThreadOptions {
  readonly path: string
  readonly role: 'writer' | 'reader'
  /** The migrations this app knows, by name; undefined for a reader. */
  readonly migrations: readonly string[] | undefined
  readonly integers: IntegerPolicy
  readonly control: SharedArrayBuffer
  /** How many prepared statements the thread keeps. */
  readonly statementCacheSize: number
}

/** `number`: an integer beyond 2^53 is an error, never rounded. `bigint`: every integer is a bigint. */
export type IntegerPolicy = 'number' | 'bigint'

/** The first message of a thread. */
export type Opened = { readonly opened: true } | { readonly opened: false; readonly failure: OpenFailure }

export type OpenFailure =
  | { readonly kind: 'not-a-database' | 'cannot-open'; readonly message: string; readonly code: string }
  | { readonly kind: 'newer'; readonly unknownMigrations: readonly string[] }
  | { readonly kind: 'sqlite-too-old'; readonly version: string; readonly oldest: string }
  | { readonly kind: 'other'; readonly message: string }
