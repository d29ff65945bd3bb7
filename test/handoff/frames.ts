import fc from 'fast-check'
import { type Launch, messageBytes } from '../../src/main/handoff/messages/protocol.ts'

/** Bytes a stranger sends over one connection, and what an owner may answer. */
export interface Frame {
  readonly bytes: Buffer
  /** Where the bytes are cut into separate writes. */
  readonly cuts: readonly number[]
  /** The reply's type, with a refusal's code; `nothing` where the owner hangs up without one. */
  readonly answers: readonly string[]
  /** The launch the owner's app must be given because of this frame; no other frame may give it any. */
  readonly launch?: Launch
}

const word = fc.string({ unit: 'binary', maxLength: 12 })

const launch: fc.Arbitrary<Launch> = fc.record({
  id: fc.uuid(),
  argv: fc.array(word, { maxLength: 4 }),
  cwd: word,
  files: fc.array(word, { maxLength: 2 }),
  urls: fc.array(word, { maxLength: 2 }),
})

type Body = Omit<Frame, 'cuts'>

function line(request: object): Buffer {
  return Buffer.from(`${JSON.stringify(request)}\n`)
}

/** Fields an owner does not know. */
const extras = fc.dictionary(
  fc.string({ maxLength: 6 }).map((key) => `x${key}`),
  fc.jsonValue({ maxDepth: 2 }),
  { maxKeys: 3 },
)

const status: fc.Arbitrary<Body> = extras.map((more) => ({
  bytes: line({ ...more, v: 1, type: 'status', token: 'secret' }),
  answers: ['status'],
}))

const soundLaunch: fc.Arbitrary<Body> = fc.tuple(extras, launch).map(([more, launch]) => ({
  bytes: line({ ...more, v: 1, type: 'launch', token: 'secret', patience: 30_000, launch }),
  answers: ['launched'],
  // As JSON carries it: half a surrogate pair does not survive UTF-8.
  launch: JSON.parse(Buffer.from(JSON.stringify(launch)).toString()),
}))

const wrongToken: fc.Arbitrary<Body> = fc
  .tuple(fc.jsonValue(), fc.jsonValue(), launch)
  .map(([token, v, launch]) => ({
    bytes: line({ v, type: 'launch', token, launch }),
    answers: ['refused wrong-token'],
  }))

const wrongVersion: fc.Arbitrary<Body> = fc
  .tuple(
    fc.jsonValue().filter((v) => v !== 1),
    launch,
  )
  .map(([v, launch]) => ({
    bytes: line({ v, type: 'launch', token: 'secret', launch }),
    answers: ['refused wrong-version'],
  }))

const unknownRequest: fc.Arbitrary<Body> = fc
  .jsonValue()
  .filter((type) => type !== 'launch' && type !== 'status')
  .map((type) => ({
    bytes: line({ v: 1, type, token: 'secret' }),
    answers: ['refused unknown-request'],
  }))

const brokenLaunch: fc.Arbitrary<Body> = fc
  .tuple(launch, fc.constantFrom('id', 'argv', 'cwd', 'files', 'urls'), fc.constantFrom(null, 7, {}, [7]))
  .map(([launch, field, value]) => ({
    bytes: line({ v: 1, type: 'launch', token: 'secret', launch: { ...launch, [field]: value } }),
    answers: ['refused not-understood'],
  }))

const anyBytes: fc.Arbitrary<Body> = fc.uint8Array({ maxLength: 300 }).map((bytes) => ({
  bytes: Buffer.concat([Buffer.from(bytes), Buffer.from('\n')]),
  answers: ['refused not-understood', 'refused wrong-token', 'nothing'],
}))

const anyJson: fc.Arbitrary<Body> = fc.json().map((json) => ({
  bytes: Buffer.from(`${json}\n`),
  answers: ['refused not-understood', 'refused wrong-token'],
}))

const truncated: fc.Arbitrary<Body> = fc
  .tuple(fc.oneof(soundLaunch, status, anyJson), fc.double({ min: 0, max: 0.999, noNaN: true }))
  .map(([{ bytes }, share]) => ({
    bytes: bytes.subarray(0, Math.floor((bytes.length - 1) * share)),
    answers: ['nothing'],
  }))

const oversized: fc.Arbitrary<Body> = fc.integer({ min: 1, max: messageBytes }).map((more) => ({
  bytes: Buffer.alloc(messageBytes + more, '{"v":1,"type":"launch","token":"secret"'),
  answers: ['nothing'],
}))

/** Two lines over one connection: the second is none of the owner's business, and costs the first its answer. */
const twoLines: fc.Arbitrary<Body> = fc.tuple(wrongToken, status).map(([first, second]) => ({
  bytes: Buffer.concat([first.bytes, second.bytes]),
  answers: ['nothing', ...first.answers],
}))

export const frame: fc.Arbitrary<Frame> = fc
  .tuple(
    fc.oneof(
      { arbitrary: soundLaunch, weight: 4 },
      { arbitrary: status, weight: 3 },
      { arbitrary: wrongToken, weight: 3 },
      { arbitrary: wrongVersion, weight: 2 },
      { arbitrary: unknownRequest, weight: 2 },
      { arbitrary: brokenLaunch, weight: 3 },
      { arbitrary: anyBytes, weight: 3 },
      { arbitrary: anyJson, weight: 2 },
      { arbitrary: truncated, weight: 4 },
      { arbitrary: oversized, weight: 1 },
      { arbitrary: twoLines, weight: 1 },
    ),
    fc.array(fc.nat({ max: 400 }), { maxLength: 3 }),
  )
  .map(([body, cuts]) => ({ ...body, cuts: cuts.toSorted((a, b) => a - b) }))
