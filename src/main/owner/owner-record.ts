import { parseJsonObject } from '../../shared/json-object.ts'
import {
  isCount,
  isOwnerProgress,
  isOwnerState,
  type OwnerProgress,
  type OwnerState,
} from '../../shared/owner-activity.ts'
import { foreignText } from '../../shared/printable.ts'

/**
 * What an owner writes about itself into its lock file, as JSON. It informs people and the hand-off. It never decides which
 * process owns the directory.
 */
export interface OwnerRecord {
  /**
   * The owner's process id in its own PID namespace. In another namespace, or on another host, the same number means
   * another process.
   */
  readonly pid: number
  /** The app's version. */
  readonly version?: string
  /** When the lock was taken: RFC 3339, UTC. */
  readonly started_at?: string
  /** The app's name, for people. */
  readonly app?: string
  /** What the owner was doing when it last wrote the record. */
  readonly state?: OwnerState
  /** The progress of the migrations, if the state is `migrating`. */
  readonly progress?: OwnerProgress
  /** The host's name, for people. It can change, and two hosts can have the same one. */
  readonly host?: string
  /** The id of the boot that the owner runs in: `/proc/sys/kernel/random/boot_id`. */
  readonly boot_id?: string
  /** The inode number of the owner's PID namespace (man 7 pid_namespaces). */
  readonly pid_ns?: number
  /** When the owner started: the number of clock ticks since boot (field 22 of man 5 proc_pid_stat). */
  readonly start_ticks?: number
  /** The path of the program that the owner runs. */
  readonly exec_path?: string
  /** The X server that has the owner's windows: `DISPLAY` without the number of the screen. Only of an Electron app. */
  readonly display?: string
  /** The path of the socket of the Wayland compositor that has the owner's windows. Only of an Electron app. */
  readonly wayland_display?: string
  /**
   * The number of the owner's user account (uid). It is set only in a directory that a group shares. There the token is
   * not in the record, but in a file that only this user can read.
   */
  readonly uid?: number
  /** Unix socket path or named pipe of the hand-off server. */
  readonly endpoint?: string
  /**
   * The shared secret of the hand-off. A process that can read it may send messages to the owner. In a record that was
   * read, the token is not enumerable, so it does not get into logs, crash reports, or copies by spread or JSON.
   */
  readonly token?: string
}

/** The record's fixed size in the lock file. One page, so that a single write replaces all of it. */
export const recordBytes = 4096

/** The most bytes that the check adds to a record. */
export const checkBytes = ',"check":4294967295'.length
const jsonBytes = recordBytes - checkBytes
const space = 0x20
const pathLetters = 500

/**
 * Writes a record as JSON, padded with spaces to {@link recordBytes}. Fields that do not fit are left out, the longest
 * first, because a record that has only the pid is better than none.
 *
 * @param page the buffer to write to, {@link recordBytes} long.
 * @returns the page.
 */
export function serializeOwnerRecord(record: OwnerRecord, page = Buffer.alloc(recordBytes)): Buffer {
  const text = JSON.stringify(record)
  // A UTF-16 code unit takes at most three bytes of UTF-8.
  const fits = text.length * 3 < jsonBytes || Buffer.byteLength(text) < jsonBytes
  const written = page.write(withCheck(fits ? text : shorten(record)))
  return page.fill(space, written)
}

function shorten({ pid, ...others }: OwnerRecord): string {
  const fields: [string, unknown][] = Object.entries(others).filter(([, value]) => value !== undefined)
  for (;;) {
    const text = JSON.stringify({ pid, ...Object.fromEntries(fields) })
    if (Buffer.byteLength(text) < jsonBytes) return text
    const lengths = fields.map(([, value]) => String(value).length)
    fields.splice(lengths.indexOf(Math.max(...lengths)), 1)
  }
}

/**
 * Reads a record that any program may have written, or half-written. Never throws.
 *
 * @returns undefined if the text is longer than a record, does not match its check, or is not a JSON object with a positive
 * whole `pid`. A field of the wrong type is left out, and the rest is kept. Text for people has no control characters and is
 * shortened. An endpoint or a token with a control character is left out.
 */
export function parseOwnerRecord(text: string): OwnerRecord | undefined {
  const value = text.length > recordBytes || !isWhole(text) ? undefined : parseJsonObject(text)
  if (!value || !isCount(value.pid) || value.pid === 0) return undefined
  const { started_at } = pickWords(value, 'started_at')
  const record: OwnerRecord = {
    pid: value.pid,
    ...pickWords(value, 'version'),
    ...pickWords(value, 'app'),
    ...pickWords(value, 'host'),
    ...pickWords(value, 'boot_id'),
    ...pickWords(value, 'exec_path', pathLetters),
    ...pickWords(value, 'display'),
    ...pickWords(value, 'wayland_display', pathLetters),
    ...pickSecret(value, 'endpoint'),
    ...(isCount(value.pid_ns) && { pid_ns: value.pid_ns }),
    ...(isCount(value.uid) && { uid: value.uid }),
    ...(isCount(value.start_ticks) && { start_ticks: value.start_ticks }),
    ...(started_at && !Number.isNaN(Date.parse(started_at)) && { started_at }),
    ...(isOwnerState(value.state) && { state: value.state }),
    ...(isOwnerProgress(value.progress) && {
      progress: { done: value.progress.done, total: value.progress.total },
    }),
  }
  const { token } = pickSecret(value, 'token')
  return token === undefined ? record : withToken(record, token)
}

/** Adds the token to a record that was read. It is not enumerable: see {@link OwnerRecord.token}. */
export function withToken(record: OwnerRecord, token: string): OwnerRecord {
  return Object.defineProperty(record, 'token', { value: token })
}

function pickText<Key extends string>(
  value: Record<string, unknown>,
  key: Key,
  clean: (text: string) => string,
): { [K in Key]?: string } {
  const text = value[key]
  const cleaned = typeof text === 'string' ? clean(text) : ''
  return cleaned === '' ? {} : ({ [key]: cleaned } as { [K in Key]?: string })
}

/** For people: see {@link foreignText}. */
function pickWords<Key extends string>(value: Record<string, unknown>, key: Key, limit?: number) {
  return pickText(value, key, (text) => foreignText(text, limit))
}

/** For programs. A cleaned address would be a different address, so the text is kept unchanged or left out. */
function pickSecret<Key extends string>(value: Record<string, unknown>, key: Key) {
  return pickText(value, key, (text) => (/\p{Cc}/u.test(text) ? '' : text))
}

// A read during a write may return parts of both records. The writer may be off the processor for so long that a second
// read returns the same parts (seen on ext4, twice in some 400,000 reads). Half of each record is often still valid
// JSON.
const checked = /^(.*),"check":(\d{1,10})\}\s*$/s

/** @param json an object that is not empty. The check becomes its last field. */
function withCheck(json: string): string {
  const content = json.slice(0, -1)
  return `${content},"check":${checkOf(content)}}`
}

/** Whether a record has a check. Another program may have written one without. */
export function hasCheck(text: string): boolean {
  return checked.test(text)
}

/** Whether a record has no check, or matches it. */
function isWhole(text: string): boolean {
  const [, content, check] = checked.exec(text) ?? []
  return content === undefined || checkOf(content) === Number(check)
}

// The elements of an array are read much faster than the letters of a string.
const units = new Uint16Array(recordBytes)
const unitBytes = Buffer.from(units.buffer)

/**
 * FNV-1a of 32 bits, over UTF-16. It detects accidents, but not forgery.
 *
 * @param content not longer than a record.
 */
function checkOf(content: string): number {
  const length = unitBytes.write(content, 'utf16le') / 2
  let hash = 0x811c9dc5
  for (let index = 0; index < length; index++) {
    hash = Math.imul(hash ^ (units[index] ?? 0), 0x01000193)
  }
  return hash >>> 0
}
