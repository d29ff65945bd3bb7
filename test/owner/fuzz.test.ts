import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  checkBytes,
  type OwnerRecord,
  parseOwnerRecord,
  recordBytes,
  serializeOwnerRecord,
} from '../../src/main/owner/owner-record.ts'
import { findFlockPids } from '../../src/main/owner/proc-locks.ts'
import { foreignText } from '../../src/shared/printable.ts'

// FUZZ_RUNS=100000 is the long mode, FUZZ_SEED another seed. A failure is shrunk, and names its seed and input.
const runs = Number(process.env.FUZZ_RUNS ?? 2_000)
const seed = Number(process.env.FUZZ_SEED ?? 1)
const limit = 30_000 + 10 * runs

function holdsForAll<T>(inputs: fc.Arbitrary<T>, check: (input: T) => void): void {
  // Shrinking a long text may take an hour, and vitest cannot end what gives no turn: what was found so far is told.
  const bound = { interruptAfterTimeLimit: limit, markInterruptAsFailure: true }
  fc.assert(fc.property(inputs, check), { numRuns: runs, seed, ...bound })
}

/** Neither side of a parser may go untested: of all inputs, more than one in twenty and fewer than all are read. */
function expectBothSides(read: number): void {
  expect(read).toBeGreaterThan(runs / 20)
  expect(read).toBeLessThan(runs)
}

const word = fc.string({ minLength: 1, maxLength: 30, unit: 'grapheme' })
const long = fc.string({ minLength: 1_000, maxLength: 5_000, unit: 'grapheme' })
const pid = fc.integer({ min: 1, max: 4_194_304 })
// No year of more than four digits, as in every record that a clock can write.
const time = fc.date({
  noInvalidDate: true,
  min: new Date('1970-01-01'),
  max: new Date('9999-01-01'),
})

const record: fc.Arbitrary<OwnerRecord> = fc.record(
  {
    pid,
    version: word,
    started_at: time.map((date) => date.toISOString()),
    app: fc.oneof({ arbitrary: word, weight: 4 }, long),
    state: fc.constantFrom('starting', 'ready', 'quitting'),
    endpoint: fc.oneof({ arbitrary: word, weight: 4 }, long),
    token: word,
  },
  { requiredKeys: ['pid'] },
)

/** An object whose fields are a record's, of any type, among others. */
const recordLike = fc.oneof(
  fc.record(
    Object.fromEntries(
      [
        ...['pid', 'version', 'started_at', 'app', 'state', 'progress', 'endpoint', 'token'],
        ...['host', 'boot_id', 'pid_ns', 'start_ticks', 'exec_path', '__proto__', 'toString'],
      ].map((key) => [key, fc.oneof(fc.jsonValue(), word, pid, fc.double())]),
    ),
    { requiredKeys: [] },
  ),
  fc.tuple(record, fc.dictionary(word, fc.jsonValue())).map(([right, more]) => ({ ...more, ...right })),
)

/** Text cut, with something put in, or with letters changed. */
function damaged(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .tuple(text, fc.nat(), fc.nat({ max: 8 }), fc.string({ maxLength: 8, unit: 'binary' }))
    .map(([whole, place, cut, put]) => {
      const at = place % (whole.length + 1)
      return whole.slice(0, at) + put + whole.slice(at + cut)
    })
}

const recordText = fc.oneof(
  recordLike.map((value) => JSON.stringify(value)),
  damaged(record.map((right) => JSON.stringify(right))),
  damaged(record.map((right) => serializeOwnerRecord(right).toString())),
  fc.json(),
  fc.string({ maxLength: 300, unit: 'binary' }),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString()),
  fc.nat({ max: 2_000 }).map((depth) => '[{"a":'.repeat(depth)),
)

test('an owner record of any content is read as a record or as none', { timeout: limit }, () => {
  let read = 0
  holdsForAll(recordText, (text) => {
    const found = parseOwnerRecord(text)
    if (!found) return
    read++
    expect(Number.isSafeInteger(found.pid) && found.pid > 0).toBe(true)
    // Whatever was dropped or kept, what is left is a record that is read as it stands.
    expect(parseOwnerRecord(JSON.stringify(found))).toEqual(found)
    const { started_at, version, app, endpoint, token } = found
    expect(started_at === undefined || !Number.isNaN(Date.parse(started_at))).toBe(true)
    for (const text of [version, app, endpoint, token]) expect(text).toSatisfy(isTextOrMissing)
  })
  expectBothSides(read)
})

function isTextOrMissing(value: unknown): boolean {
  return value === undefined || (typeof value === 'string' && value !== '')
}

/** Text for people as a reader gets it. */
function shown({ app, version }: OwnerRecord): Partial<OwnerRecord> {
  return {
    ...(app !== undefined && { app: foreignText(app) }),
    ...(version !== undefined && { version: foreignText(version) }),
  }
}

test('an owner record that was written is read back, whole where it fits the page, always with its pid', {
  timeout: limit,
}, () => {
  let shortened = 0
  holdsForAll(record, (written) => {
    const bytes = serializeOwnerRecord(written)
    expect(bytes).toHaveLength(recordBytes)
    const read = parseOwnerRecord(bytes.toString())
    const { token, ...others } = { ...written, ...shown(written) }
    if (Buffer.byteLength(JSON.stringify(written)) < recordBytes - checkBytes) {
      expect(read).toEqual(others)
      expect(read?.token).toBe(token)
    } else {
      shortened++
      expect(read?.pid).toBe(written.pid)
      expect(others).toMatchObject(read ?? {})
      expect([token, undefined]).toContain(read?.token)
    }
  })
  expectBothSides(shortened)
})

const small = fc.nat({ max: 1 })
const hex = (number: number) => number.toString(16).padStart(2, '0')

/** A line of man 5 proc_locks, on few devices and inodes, so that strangers often agree in all but one. */
const lockLine = fc
  .record({
    number: fc.nat({ max: 99 }),
    waits: fc.boolean(),
    kind: fc.constantFrom(
      'FLOCK  ADVISORY ',
      'FLOCK  ADVISORY ',
      'POSIX  ADVISORY ',
      'OFDLCK ADVISORY ',
      'LEASE  ACTIVE   ',
    ),
    mode: fc.constantFrom('READ ', 'WRITE', 'WRITE'),
    pid: fc.integer({ min: -1, max: 70_000 }),
    major: small,
    minor: small,
    inode: small,
  })
  .map(
    ({ number, waits, kind, mode, pid, major, minor, inode }) =>
      `${number}: ${waits ? '-> ' : ''}${kind} ${mode} ${pid} ${hex(major)}:${hex(minor)}:${inode} 0 EOF`,
  )

const locks = fc
  .array(fc.oneof({ arbitrary: lockLine, weight: 4 }, damaged(lockLine)), { maxLength: 20, size: 'max' })
  .map((lines) => lines.join('\n'))

test('/proc/locks of any content names a process or none', { timeout: limit }, () => {
  let named = 0
  const inputs = fc.record({
    text: fc.oneof(
      { arbitrary: locks, weight: 9 },
      { arbitrary: fc.string({ maxLength: 400, unit: 'binary' }), weight: 1 },
    ),
    file: fc.tuple(small, small, small).map((numbers) => numbers.join(':')),
  })
  holdsForAll(inputs, ({ text, file }) => {
    const found = findFlockPids(text, file)
    if (found.length > 0) named++
    for (const pid of found) {
      expect(Number.isSafeInteger(pid) && pid >= 0).toBe(true)
      expect(text).toMatch(new RegExp(`FLOCK .*(READ|WRITE) +${pid} `, 'i'))
    }
  })
  expectBothSides(named)
})

test('the holder in /proc/locks is found among any other locks', { timeout: limit }, () => {
  const inputs = fc.record({
    holder: pid,
    mode: fc.constantFrom('READ ', 'WRITE'),
    before: locks,
    after: locks,
    major: fc.integer({ min: 3, max: 0xfff }),
    minor: fc.integer({ min: 3, max: 0xfffff }),
    inode: fc.bigInt({ min: 3n, max: 2n ** 64n - 1n }),
  })
  holdsForAll(inputs, ({ holder, mode, before, after, major, minor, inode }) => {
    const line = `7: FLOCK  ADVISORY  ${mode} ${holder} ${hex(major)}:${hex(minor)}:${inode} 0 EOF`
    const found = findFlockPids([before, line, after].join('\n'), `${major}:${minor}:${inode}`)
    expect(found).toContain(holder)
  })
})
