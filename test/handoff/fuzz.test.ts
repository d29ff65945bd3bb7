import { createConnection } from 'node:net'
import { text } from 'node:stream/consumers'
import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { askStatus } from '../../src/main/handoff/client.ts'
import { parseReply } from '../../src/main/handoff/messages/parse-reply.ts'
import { parseRequest } from '../../src/main/handoff/messages/parse-request.ts'
import { encode, type Reply } from '../../src/main/handoff/messages/protocol.ts'
import { foreignText } from '../../src/shared/printable.ts'
import { type Frame, frame } from './frames.ts'
import { OwnerProcess } from './owner-process.ts'

// FUZZ_FRAMES=100000 is the long mode, FUZZ_SEED another seed. A failure names the seed and the smallest input.
const frames = Number(process.env.FUZZ_FRAMES ?? 1_500)
const seed = Number(process.env.FUZZ_SEED ?? 1)
const framesAtOnce = 20
vi.setConfig({ testTimeout: 60_000 + 20 * frames })

/** Sends a frame over a connection of its own, piece by piece, and gives back how the owner answered. */
async function send({ bytes, cuts }: Frame, endpoint: string): Promise<string> {
  const socket = createConnection(endpoint)
  const answer = text(socket).catch(() => '')
  for (const [index, cut] of [0, ...cuts].entries()) {
    const piece = bytes.subarray(cut, cuts[index] ?? bytes.length)
    if (socket.writable && piece.length > 0) socket.write(piece)
    await nextTurn()
  }
  if (!bytes.includes('\n')) socket.end()
  const reply = await answer
  if (reply === '') return 'nothing'
  const parsed = parseReply(reply)
  return parsed?.type === 'refused' ? `refused ${parsed.code}` : (parsed?.type ?? reply)
}

test('whatever comes over interleaved connections, each is answered by itself and each launch delivered once', async () => {
  const owner = await OwnerProcess.startReady()
  const { pid } = await askStatus(owner)
  const expected = new Map<string, string>()
  let sent = 0
  const together = fc.array(frame, { minLength: framesAtOnce, maxLength: framesAtOnce })
  await fc.assert(
    fc.asyncProperty(together, async (batch) => {
      sent += batch.length
      for (const { launch } of batch) if (launch) expected.set(launch.id, JSON.stringify(launch))
      const answers = await Promise.all(batch.map((frame) => send(frame, owner.endpoint)))
      for (const [index, answer] of answers.entries()) expect(batch[index]?.answers).toContain(answer)
      expect(await askStatus(owner)).toMatchObject({ pid, state: 'ready' })
    }),
    { numRuns: Math.ceil(frames / framesAtOnce), seed, endOnFailure: frames > 10_000 },
  )
  const delivered = (await owner.launches()).map((launch) => JSON.stringify(launch))
  expect(delivered.toSorted()).toEqual([...expected.values()].toSorted())
  expect(owner.threads).toBe(1)
  console.log(`${sent} frames, ${expected.size} launches among them, seed ${seed}`)
})

const anyLine = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.json(),
  frame.map(({ bytes }) => bytes.toString()),
)

test('no line makes the reading of a request throw, and none without the token is one', () => {
  fc.assert(
    fc.property(anyLine, (line) => {
      const request = parseRequest(line, 'secret')
      const isSound = request.type === 'refused' ? request.v === 1 : request.token === 'secret'
      return isSound && parseRequest(line, 'other').type === 'refused'
    }),
    { numRuns: frames, seed },
  )
})

const ownerStatus = fc.record(
  {
    state: fc.constantFrom('starting', 'migrating', 'ready', 'quitting'),
    silentFor: fc.nat(),
    pid: fc.nat(),
    progress: fc.tuple(fc.nat(), fc.nat()).map(([done, left]) => ({ done, total: done + left })),
    app: fc.string({ unit: 'binary' }).map((text) => foreignText(text)),
    version: fc.string(),
  },
  { requiredKeys: ['state', 'silentFor', 'pid'] },
)

const reply = fc.oneof(
  fc.record({ type: fc.constantFrom('status', 'queued', 'busy'), status: ownerStatus, v: fc.nat() }),
  fc.record({ type: fc.constant('launched'), outcome: fc.constantFrom('focused', 'flashed'), v: fc.nat() }),
  fc.record({ type: fc.constant('refused'), code: fc.constant('failed'), reason: fc.string(), v: fc.nat() }),
)

test('every reply is read back as it was sent, but for letters that no line may have', () => {
  fc.assert(
    fc.property(reply, (reply) => {
      expect(parseReply(encode(reply as Reply))).toEqual(wellFormed(reply))
    }),
    { numRuns: frames, seed },
  )
})

test('no line makes the reading of a reply throw', () => {
  const damaged = fc.tuple(reply, fc.nat(), word()).map(([reply, at, insert]) => {
    const line = encode(reply as Reply)
    const cut = at % line.length
    return line.slice(0, cut) + insert + line.slice(cut + insert.length)
  })
  fc.assert(
    fc.property(fc.oneof(anyLine, damaged), (line) => {
      const parsed = parseReply(line)
      return parsed === undefined || typeof parsed.v === 'number'
    }),
    { numRuns: frames, seed },
  )
})

function word() {
  return fc.string({ unit: fc.constantFrom('"', '{', '}', ':', ',', '0', 'n', '\\', '\ud800'), maxLength: 4 })
}

/** As JSON carries it. */
function wellFormed(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}
