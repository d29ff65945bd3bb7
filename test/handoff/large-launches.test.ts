import { writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { launchOf as ownLaunchOf } from '../../src/main/electron/launches/own-launch.ts'
import { handOver } from '../../src/main/handoff/client.ts'
import { HandoffError } from '../../src/main/handoff/messages/errors.ts'
import { encode, type Launch, messageBytes } from '../../src/main/handoff/messages/protocol.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { thrownBy } from '../support/thrown-by.ts'
import { launchOf, OwnerProcess } from './owner-process.ts'
import { say } from './say.ts'

vi.setConfig({ testTimeout: 60_000 })
const patient = { patience: 20_000 }

const bytesOf = (launch: Launch) =>
  Buffer.byteLength(encode({ v: 1, token: 'secret', type: 'launch', launch, patience: 20_000 }))

/** A launch whose request has so many bytes. */
function launchWithBytes(id: string, bytes: number): Launch {
  const empty = { ...launchOf(id), argv: [''] }
  return { ...empty, argv: ['x'.repeat(bytes - bytesOf(empty))] }
}

test('a launch of 900 KiB with thousands of files arrives whole and in order, once', async () => {
  const owner = await OwnerProcess.startReady()
  const dir = temporaryDirectory()
  const pathOf = (index: number) => join(dir, `${'ä'.repeat(50)} ${index}.md`)
  // A launch has each path twice. A file manager starts such a launch for so many selected files.
  const length = Math.floor((900 * 1024) / (2 * Buffer.byteLength(JSON.stringify(pathOf(1_000))) + 2))
  const paths = Array.from({ length }, (_, index) => pathOf(index))
  for (const path of paths) writeFileSync(path, '')
  const launch = ownLaunchOf(['notes', ...paths], dir, false)
  expect(length).toBeGreaterThan(2_000)
  expect(bytesOf(launch)).toBeGreaterThan(890 * 1024)
  expect(await handOver(owner, launch, patient)).toMatchObject({ type: 'launched' })
  expect(await handOver(owner, launch, patient)).toMatchObject({ type: 'launched' })
  expect(launch.files).toEqual(paths)
  expect(await owner.launches()).toEqual([launch])
})

test('a launch of exactly 1 MiB is delivered, and one with a byte more is not sent', async () => {
  const owner = await OwnerProcess.startReady()
  const largest = launchWithBytes('largest', messageBytes)
  expect(await handOver(owner, largest, patient)).toMatchObject({ type: 'launched' })
  const tooLarge = launchWithBytes('too-large', messageBytes + 1)
  const error = await thrownBy(HandoffError, () => handOver(owner, tooLarge, patient))
  expect(error.failure).toBe('too-big')
  expect(error.message).toBe(
    'Too many files were opened at once, or the link is too long (over 1 MiB). Open fewer files at a time, or a shorter link.',
  )
  expect(await handOver(owner, launchOf('small'), patient)).toMatchObject({ type: 'launched' })
  expect((await owner.launches()).map(({ id }) => id)).toEqual(['largest', 'small'])
})

test('more large requests than there is memory for are hung up on, and small ones are served meanwhile', async () => {
  const owner = await OwnerProcess.startReady()
  const line = Buffer.alloc(messageBytes - 1, 'x')
  let isOver = false
  let refused = 0
  // Each sends all but the end of its request, again and again.
  const call = () => {
    const socket = createConnection(owner.endpoint).on('error', () => undefined)
    onTestFinished(() => void socket.destroy())
    // A connection whose time is up has written everything by then.
    socket.write(line, (error) => error && refused++)
    socket.resume().on('close', () => {
      if (!isOver) setTimeout(call, 10)
    })
  }
  for (let caller = 0; caller < 20; caller++) call()
  await vi.waitFor(() => expect(refused).toBeGreaterThan(0), 30_000)
  expect(await handOver(owner, launchOf('small'), patient)).toMatchObject({ type: 'launched' })
  isOver = true
  const large = launchWithBytes('large', messageBytes)
  expect(await handOver(owner, large, patient)).toMatchObject({ type: 'launched' })
  expect(owner.threads).toBe(1)
})

test('large launches that wait are refused beyond 8 MiB, and none of the others is lost', async () => {
  const owner = await OwnerProcess.start()
  const replies: string[] = []
  for (let index = 0; index < 10; index++) {
    const launch = launchWithBytes(`${index}`, 900 * 1024)
    replies.push((await handOver(owner, launch, { patience: 0 })).type)
  }
  expect(replies).toEqual([...Array(9).fill('queued'), 'refused'])
  await owner.does({ publish: { state: 'ready' } })
  await owner.says((fact) => fact.launch?.id === '8')
  expect((await owner.launches()).map(({ id }) => id)).toEqual([...'012345678'])
  expect(await handOver(owner, launchWithBytes('later', messageBytes), patient)).toMatchObject({
    type: 'launched',
  })
})

test.each([
  ['is nested half a million times', '['.repeat(500_000) + ']'.repeat(500_000)],
  ['has a third of a million objects', `[${'{},'.repeat(340_000)}{}]`],
])('a request that %s is refused, and the hand-off thread survives', async (_what, json) => {
  const owner = await OwnerProcess.startReady()
  const line = `{"v":1,"type":"launch","token":"secret","launch":${json}}\n`
  for (let turn = 0; turn < 5; turn++) expect(await say(owner.endpoint, line)).toContain('not-understood')
  expect(await handOver(owner, launchOf('after'), patient)).toMatchObject({ type: 'launched' })
  expect(owner.threads).toBe(1)
})
