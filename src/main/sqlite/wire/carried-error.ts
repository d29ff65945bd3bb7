import { DataDirError, InvalidOptionError } from '../../../shared/data-dir-error.ts'
import { betterSqlite3, driverOf } from '../../runtime/better-sqlite3.ts'
import { NativeModuleError } from '../../runtime/errors.ts'
import * as backupErrors from '../errors/backup-errors.ts'
import * as openErrors from '../errors/open-errors.ts'
import * as queryErrors from '../errors/query-errors.ts'
import * as setupErrors from '../errors/setup-errors.ts'

/** An error on its way from one thread to another. Structured clone alone keeps only its message. */
export interface CarriedError {
  readonly name: string
  readonly message: string
  /** Its own properties, the code among them. */
  readonly fields: Readonly<Record<string, unknown>>
  readonly cause: CarriedError | undefined
  /** The path of the driver that the error is from. Undefined for better-sqlite3 itself. */
  readonly driver?: string | undefined
}

/** Packs an error, so that it can be sent. */
export function carried(error: unknown): CarriedError {
  if (!(error instanceof Error)) return carried(new Error(String(error)))
  const { name, message, cause } = error
  return {
    name,
    message,
    fields: { ...error },
    cause: cause === undefined ? undefined : carried(cause),
    driver: driverOf(error),
  }
}

/** This package's errors, by their codes. */
const classes = new Map<unknown, NewableFunction>()
const ownErrors = {
  ...backupErrors,
  ...openErrors,
  ...queryErrors,
  ...setupErrors,
  NativeModuleError,
  InvalidOptionError,
}
for (const one of Object.values(ownErrors))
  if (typeof one === 'function' && 'code' in one) classes.set(one.code, one)

const builtIn = new Map<string, ErrorConstructor>([TypeError, RangeError].map((one) => [one.name, one]))

/**
 * Makes the same error again: its class, its properties, and its cause.
 *
 * @param sql the statement of the query that failed; undefined if the error is not one of a query.
 */
export function revived({ name, message, fields, cause, driver }: CarriedError, sql?: string): Error {
  const options = cause && { cause: revived(cause) }
  const ownClass = classes.get(fields.code)
  if (ownClass) {
    const { summary, remedy } = fields
    // Its class, and what every class inherits. The properties have what its own constructor would do.
    const error: Error = Reflect.construct(DataDirError, [summary, { remedy, ...options }], ownClass)
    // A promise cannot be sent, and an open that failed has rescued nothing.
    if (error instanceof openErrors.DatabaseReplacedError)
      Object.defineProperty(error, 'rescue', { value: Promise.resolve(undefined) })
    return Object.assign(error, fields, sql !== undefined && 'sql' in fields && { sql })
  }
  const added = sql !== undefined && { sql }
  if (name === 'SqliteError')
    return Object.assign(new (betterSqlite3(driver).SqliteError)(message, String(fields.code)), fields, added)
  const made = new (builtIn.get(name) ?? Error)(message, options)
  return Object.assign(made, fields, name !== made.name && { name }, added)
}
