/** How every connection of a pool is set up. It can be sent to a thread. */
export interface ConnectionSetup {
  /** The path of another build of better-sqlite3. */
  readonly driver: string | undefined
  /** The bytes of the key, as hexadecimal digits. It appears in no message. */
  readonly key: string | undefined
  /** Absolute paths of loadable extensions. */
  readonly extensions: readonly string[]
  /** Databases that the pool's own connections attach: names and absolute paths. */
  readonly attach: readonly (readonly [name: string, path: string])[]
  /** The URL of the app's module. */
  readonly connection: string | undefined
  /** Whether SQLite trusts the schema of the file: sqlite.org/pragma.html#pragma_trusted_schema. */
  readonly trustedSchema: boolean
}

/** better-sqlite3 as it is. */
export const plainSetup: ConnectionSetup = {
  driver: undefined,
  key: undefined,
  extensions: [],
  attach: [],
  connection: undefined,
  trustedSchema: false,
}
