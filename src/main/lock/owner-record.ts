import { parseJsonObject } from '../../shared/json-object.ts'

/** What the owner of a data directory is doing. */
export type OwnerState = 'starting' | 'ready' | 'quitting'

/**
 * What an owner writes about itself into its lock file, as JSON. It informs people and the hand-off; it never
 * decides who owns the directory.
 */
export interface OwnerRecord {
  readonly pid: number
  /** The app's version. */
  readonly version?: string
  /** When the lock was taken: RFC 3339, UTC. */
  readonly started_at?: string
  /** The app's name, as people know it. */
  readonly app?: string
  readonly state?: OwnerState
  /** Unix socket path or named pipe of the hand-off server. */
  readonly endpoint?: string
  /** Shared secret of the hand-off: whoever can read the record may talk to the owner. */
  readonly token?: string
}

/** The record's fixed size in the lock file. One page, so that a single write replaces all of it. */
export const recordBytes = 4096

/**
 * Writes a record as JSON, padded with spaces to {@link recordBytes}: fields that do not fit are left out, the
 * longest first, since a record that names only the pid is worth more than none.
 */
export function serializeOwnerRecord(record: OwnerRecord): Buffer {
  const fields = Object.entries(record)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => Number(b === 'pid') - Number(a === 'pid'))
  for (;;) {
    const bytes = Buffer.from(JSON.stringify(Object.fromEntries(fields)))
    if (bytes.length < recordBytes) return Buffer.concat([bytes], recordBytes).fill(' ', bytes.length)
    fields.splice(indexOfLongest(fields), 1)
  }
}

function indexOfLongest(fields: [string, unknown][]): number {
  const lengths = fields.map(([, value]) => String(value).length)
  return lengths.indexOf(Math.max(...lengths))
}

/**
 * Reads a record that any program may have written, or half-written. Never throws.
 *
 * @returns undefined where the text is not a JSON object with a positive whole `pid`; a field of the wrong type
 * is left out and the rest kept.
 */
export function parseOwnerRecord(text: string): OwnerRecord | undefined {
  const value = parseJsonObject(text)
  if (!value || !Number.isSafeInteger(value.pid) || (value.pid as number) <= 0) return undefined
  return {
    pid: value.pid as number,
    ...pickText(value, 'version'),
    ...pickText(value, 'app'),
    ...pickText(value, 'endpoint'),
    ...pickText(value, 'token'),
    ...(isTimestamp(value.started_at) && { started_at: value.started_at }),
    ...(isOwnerState(value.state) && { state: value.state }),
  }
}

function pickText<Key extends string>(value: Record<string, unknown>, key: Key): { [K in Key]?: string } {
  const text = value[key]
  return typeof text === 'string' && text !== '' ? ({ [key]: text } as { [K in Key]?: string }) : {}
}

function isTimestamp(value: unknown): value is string {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value))
}

function isOwnerState(value: unknown): value is OwnerState {
  return value === 'starting' || value === 'ready' || value === 'quitting'
}
