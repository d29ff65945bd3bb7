import { expect, test, vi } from 'vitest'
import { findFlockPid } from '../../src/main/lock/holder.ts'
import { type OwnerRecord, parseOwnerRecord, serializeOwnerRecord } from '../../src/main/lock/owner-record.ts'

// FUZZ_RUNS=100000 is the long mode, FUZZ_SEED another seed. A failure names the seed and the input.
const runs = Number(process.env.FUZZ_RUNS ?? 2_000)
const seed = Number(process.env.FUZZ_SEED ?? 1)
vi.setConfig({ testTimeout: 30_000 + 10 * runs })

/** A source of random choices that a seed repeats (mulberry32). */
class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  upTo(most: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * (most + 1))
  }

  chance(percent: number): boolean {
    return this.upTo(99) < percent
  }

  pick<T>(items: readonly [T, ...T[]]): T {
    return items[this.upTo(items.length - 1)] ?? items[0]
  }

  text(most: number): string {
    const alphabet = '{}[]":,\\ \n\r\t\0-+.eE0123456789abcxyzFLOCKWRITE\u2028\ud800é😀'
    return Array.from({ length: this.upTo(most) }, () => alphabet[this.upTo(alphabet.length - 1)]).join('')
  }

  bytes(most: number): string {
    return Buffer.from(Array.from({ length: this.upTo(most) }, () => this.upTo(255))).toString('utf8')
  }

  number(): number {
    return this.pick([
      this.upTo(70_000),
      -this.upTo(70_000),
      this.upTo(9) / 10,
      Number.MAX_SAFE_INTEGER,
      2 ** 53,
      1e308,
      -0,
    ])
  }

  value(depth = 3): unknown {
    if (depth === 0 || this.chance(60)) {
      return this.pick<unknown>([null, true, false, this.number(), this.text(12), '', '2026-11-23T09:35:27Z'])
    }
    if (this.chance(50)) return Array.from({ length: this.upTo(3) }, () => this.value(depth - 1))
    return Object.fromEntries(Array.from({ length: this.upTo(4) }, () => [this.key(), this.value(depth - 1)]))
  }

  key(): string {
    return this.pick([
      'pid',
      'v',
      'type',
      'launch',
      'argv',
      '__proto__',
      'constructor',
      'toString',
      this.text(6),
    ])
  }
}

/** An object that is nearly right: some fields missing, some of any other type, some strangers. */
function damage(random: Random, right: Record<string, unknown>): Record<string, unknown> {
  const fields: [string, unknown][] = []
  for (const [key, value] of Object.entries(right)) {
    if (random.chance(8)) continue
    if (random.chance(15)) fields.push([key, random.value()])
    else if (isObject(value) && random.chance(50)) fields.push([key, damage(random, value)])
    else fields.push([key, value])
  }
  while (random.chance(20)) fields.push([random.key(), random.value()])
  return Object.fromEntries(fields)
}

/** Text that is nearly right: cut, with something put in, or with letters changed. */
function damageText(random: Random, right: string): string {
  const at = random.upTo(right.length)
  switch (random.upTo(5)) {
    case 0:
      return right.slice(0, at)
    case 1:
      return right.slice(at)
    case 2:
      return right.slice(0, at) + random.text(8) + right.slice(at)
    case 3:
      return right.slice(0, at) + random.text(3) + right.slice(at + random.upTo(8))
    case 4:
      return right + random.pick([' ', '\0', right, random.bytes(20)])
    default:
      return right
  }
}

function jsonLike(random: Random, right: Record<string, unknown>): string {
  switch (random.upTo(9)) {
    case 0:
      return random.bytes(200)
    case 1:
      return random.text(200)
    case 2:
      return JSON.stringify(random.value())
    case 3:
      return '[{"a":'.repeat(random.upTo(2_000))
    case 4:
    case 5:
      return damageText(random, JSON.stringify(right))
    default:
      return JSON.stringify(damage(random, right))
  }
}

/** Runs a check on many inputs and says which of them it failed on. */
function fuzz(check: (random: Random) => { input: unknown; holds: boolean }): void {
  for (let run = 0; run < runs; run++) {
    const random = new Random(Math.imul(seed, 0x9e3779b1) ^ run)
    let input: unknown
    try {
      const checked = check(random)
      input = checked.input
      if (checked.holds) continue
    } catch (error) {
      throw new Error(`FUZZ_SEED=${seed}, run ${run}`, { cause: error })
    }
    expect.fail(`FUZZ_SEED=${seed}, run ${run}, input ${JSON.stringify(input)}`)
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const isTextOrMissing = (value: unknown) => value === undefined || (typeof value === 'string' && value !== '')

function randomRecord(random: Random): OwnerRecord {
  return {
    pid: 1 + random.upTo(4_194_304),
    version: `${random.upTo(9)}.${random.upTo(9)}.0`,
    started_at: new Date(random.upTo(2 ** 31) * 1000).toISOString(),
    app: `N${random.bytes(random.pick([10, 300, 3_000]))}`,
    state: random.pick(['starting', 'ready', 'quitting']),
    endpoint: `/run/${random.upTo(99)}.sock`,
    token: `t${random.upTo(2 ** 31)}`,
  }
}

function isOwnerRecord(value: OwnerRecord): boolean {
  return (
    Number.isSafeInteger(value.pid) &&
    value.pid > 0 &&
    [value.version, value.app, value.endpoint, value.token].every(isTextOrMissing) &&
    (value.started_at === undefined || !Number.isNaN(Date.parse(value.started_at))) &&
    [undefined, 'starting', 'ready', 'quitting'].includes(value.state)
  )
}

test('an owner record of any content is read as a record or as none', () => {
  let records = 0
  fuzz((random) => {
    const input = jsonLike(random, { ...randomRecord(random) })
    const record = parseOwnerRecord(input)
    if (record) records++
    return { input, holds: record === undefined || isOwnerRecord(record) }
  })
  // Neither side of the parser may go untested.
  expect(records).toBeGreaterThan(runs / 10)
  expect(records).toBeLessThan(runs)
})

test('an owner record that was written is read back, whole where it fits the page, always with its pid', () => {
  fuzz((random) => {
    const input = randomRecord(random)
    const record = parseOwnerRecord(serializeOwnerRecord(input).toString())
    const whole = Buffer.byteLength(JSON.stringify(input)) < 4096
    return {
      input,
      holds: whole
        ? JSON.stringify(sorted(record)) === JSON.stringify(sorted(input))
        : record?.pid === input.pid,
    }
  })
})

function sorted(record: object | undefined) {
  return Object.entries(record ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
}

function randomLock(random: Random): string {
  const kind = random.pick(['FLOCK  ADVISORY ', 'POSIX  ADVISORY ', 'OFDLCK ADVISORY ', 'LEASE  ACTIVE   '])
  const device = `${hex(random)}:${hex(random)}`
  const waits = random.chance(10) ? '-> ' : ''
  const mode = random.pick(['READ ', 'WRITE'])
  return `${random.upTo(99)}: ${waits}${kind} ${mode} ${random.upTo(70_000)} ${device}:${random.upTo(2)} 0 EOF`
}

function hex(random: Random): string {
  return random.upTo(1).toString(16).padStart(2, '0')
}

test('/proc/locks of any content names a process or nobody', () => {
  let found = 0
  fuzz((random) => {
    const lines = Array.from({ length: random.upTo(12) }, () =>
      random.chance(30) ? damageText(random, randomLock(random)) : randomLock(random),
    )
    const input = random.chance(5) ? random.bytes(400) : lines.join('\n')
    const pid = findFlockPid(
      input,
      { major: BigInt(random.upTo(1)), minor: BigInt(random.upTo(1)) },
      BigInt(random.upTo(2)),
    )
    if (pid !== undefined) found++
    return { input, holds: pid === undefined || (Number.isSafeInteger(pid) && pid >= 0) }
  })
  expect(found).toBeGreaterThan(runs / 100)
  expect(found).toBeLessThan(runs)
})

test('the holder in /proc/locks is found among any other locks', () => {
  fuzz((random) => {
    const pid = 1 + random.upTo(70_000)
    const strangers = Array.from({ length: random.upTo(12) }, () => randomLock(random))
    const line = `7: FLOCK  ADVISORY  WRITE ${pid} fd:0a:4242 0 EOF`
    const input = strangers.toSpliced(random.upTo(strangers.length), 0, line).join('\n')
    return { input, holds: findFlockPid(input, { major: 0xfdn, minor: 0x0an }, 4242n) === pid }
  })
})
