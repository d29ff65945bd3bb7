import { DataDirError } from '../../../shared/data-dir-error.ts'
import { messageOf } from './causes.ts'

/** The part of the set-up of a connection that failed, by the name of its option. */
export type ConnectionSetupPart = 'extensions' | 'attach' | 'connection'

/**
 * A connection could not be set up: an extension cannot be loaded, a database cannot be attached, or the app's own module
 * is missing or threw an error. The database was not changed.
 */
export class ConnectionSetupError extends DataDirError {
  static readonly code = 'ERR_DATADIR_CONNECTION_SETUP'
  readonly code = ConnectionSetupError.code
  /** The option that the connection was set up with. */
  readonly part: ConnectionSetupPart
  /** The extension, the attached database or the module. */
  readonly path: string

  constructor(part: ConnectionSetupPart, path: string, cause: unknown) {
    const { what, remedy } = parts[part]
    super(`${what(path)}: ${messageOf(cause)}.`, { remedy, cause })
    this.part = part
    this.path = path
  }
}

const parts: Record<
  ConnectionSetupPart,
  { readonly what: (path: string) => string; readonly remedy: string }
> = {
  extensions: {
    what: (path) => `The SQLite extension ${path} cannot be loaded`,
    remedy:
      'Check that the file exists, that it is for this system, and that a packaged app has it outside of its archive.',
  },
  attach: {
    what: (path) => `The database ${path} cannot be attached`,
    remedy: 'Check that the file and its folder can be read and written, and that it is a database.',
  },
  connection: {
    what: (path) => `The module ${path} cannot set up a connection`,
    remedy: 'Check that the file exists, and that its function `connection` works on every connection.',
  },
}

/** Why the key does not fit: there is none, it does not open the database, or the database is not encrypted. */
export type KeyFault = 'missing' | 'wrong' | 'not-encrypted'

/** The database and the option `key` do not fit. Nothing was changed, and nothing is repaired or restored. */
export class DatabaseKeyError extends DataDirError {
  static readonly code = 'ERR_DATADIR_DATABASE_KEY'
  readonly code = DatabaseKeyError.code
  /** The database file. */
  readonly path: string
  /** Why the key does not fit. */
  readonly fault: KeyFault

  constructor(path: string, fault: KeyFault) {
    const { what, remedy } = keyFaults[fault]
    super(`${path} ${what}.`, { remedy: `${remedy} Nothing was changed.` })
    this.path = path
    this.fault = fault
  }
}

// No cause: SQLite says that the file is not a database, which would be taken for damage.
const keyFaults: Record<KeyFault, { readonly what: string; readonly remedy: string }> = {
  missing: {
    what: 'is encrypted, and no key was given',
    remedy: 'Open it with the options `key` and `driver`.',
  },
  wrong: {
    what: 'is encrypted, and the key does not open it',
    remedy:
      'Give the key that it was encrypted with. If the key is right, the first page of the file is damaged: restore a backup.',
  },
  'not-encrypted': {
    what: 'is not encrypted, but a key was given',
    remedy: 'Open it without `key`, or encrypt it first.',
  },
}
