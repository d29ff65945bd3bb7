import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { launchOf } from '../../src/main/electron/launches/own-launch.ts'
import { handOverAll } from '../../src/main/handoff/contender/client.ts'
import { piecesOf } from '../../src/main/handoff/messages/launch-pieces.ts'
import type { Launch } from '../../src/main/handoff/messages/protocol.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { OwnerProcess } from './owner-process.ts'

/** What a file manager starts for so many selected files. */
function launchWith(count: number): Launch {
  const dir = temporaryDirectory()
  const paths = Array.from({ length: count }, (_, index) => join(dir, `${'ä'.repeat(50)} ${index}.md`))
  for (const path of paths) writeFileSync(path, '')
  return launchOf(['notes', ...paths], dir, false)
}

const handOverTo = (owner: OwnerProcess, launch: Launch) => {
  const [first = launch, ...rest] = piecesOf(launch)
  return handOverAll(owner, [first, ...rest], { patience: 20_000 })
}

test('a launch that fits into a request stays whole', () => {
  const launch = launchWith(10)
  expect(piecesOf(launch)).toEqual([launch])
})

test('a thousand files arrive in order and once, however often they are handed over', async () => {
  const owner = await OwnerProcess.startReady()
  const launch = launchWith(1_000)
  expect(await handOverTo(owner, launch)).toMatchObject({ type: 'launched' })
  expect(await handOverTo(owner, launch)).toMatchObject({ type: 'launched' })
  const taken = await owner.launches()
  expect(taken.flatMap(({ argv }) => argv)).toEqual(launch.argv)
  expect(taken.flatMap(({ files }) => files)).toEqual(launch.files)
  expect(launch.files).toHaveLength(1_000)
})

test('a URL that would not fit twice arrives, and one that does not fit at all keeps nobody from the owner', async () => {
  const owner = await OwnerProcess.startReady()
  const long = `mailto:ada@example.org?body=${'x'.repeat(40_000)}`
  await handOverTo(owner, launchOf(['notes', long], '/', false))
  await handOverTo(owner, launchOf(['notes', `${long}${long}`], '/', false))
  expect((await owner.launches()).map(({ urls }) => urls)).toEqual([[long], []])
})

test('an owner that refuses a piece is not given those after it', async () => {
  const owner = await OwnerProcess.startReady()
  const [a, b, c] = ['a', 'b', 'c'].map((id) => ({ id, argv: [], cwd: '/', files: [], urls: [] }))
  if (!a || !b || !c) throw new Error('three launches')
  const reply = await handOverAll(owner, [a, { ...b, argv: ['--fail'] }, c], { patience: 20_000 })
  expect(reply).toMatchObject({ type: 'refused', reason: 'no room' })
  expect((await owner.launches()).map(({ id }) => id)).toEqual(['a', 'b'])
})
