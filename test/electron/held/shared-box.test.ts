import { once } from 'node:events'
import { openSync, readdirSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  type BoxGuest,
  type BoxHost,
  shareBox,
  sharedBoxPath,
} from '../../../src/main/electron/held/shared-box.ts'
import { tryFlock, unlockAndClose } from '../../../src/main/platform/flock.ts'
import { skip } from '../../support/skip.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const hosts: BoxHost[] = []
afterEach(() => {
  for (const host of hosts.splice(0)) host.close()
  vi.unstubAllEnvs()
})

const nothing = () => undefined

async function hostAt(path: string, onJoin = nothing): Promise<BoxHost> {
  const box = await shareBox(path, [], onJoin)
  if (!box || 'choice' in box) throw new Error('no host')
  hosts.push(box)
  return box
}

async function guestAt(path: string, files: string[] = []): Promise<BoxGuest> {
  const box = await shareBox(path, files, nothing)
  if (!box || 'tell' in box) throw new Error('no guest')
  return box
}

describe('a box that launches share', () => {
  beforeEach((ctx) => {
    if (process.platform === 'win32') skip(ctx, 'on Windows each launch has its own box')
  })

  it('is shown by the first one, which sees the files of the others, and they get its choice', async () => {
    const path = join(temporaryDirectory(), 'box')
    let joined = 0
    const host = await hostAt(path, () => {
      joined++
    })
    const guests = [await guestAt(path, ['/a/plan.md']), await guestAt(path)]
    expect([joined, host.files()]).toEqual([2, ['/a/plan.md']])
    host.tell('show')
    expect(await Promise.all(guests.map(({ choice }) => choice))).toEqual(['show', 'show'])
    const later = await guestAt(path)
    host.tell('quit')
    expect(await later.choice).toBe('quit')
    expect(host.files()).toEqual([])
  })

  it('is shown by one of the others if the first one ends without a choice, and leaves no file', async () => {
    const folder = temporaryDirectory()
    const path = join(folder, 'box')
    const host = await hostAt(path)
    const guests = [await guestAt(path), await guestAt(path)]
    host.close()
    hosts.pop()
    expect(await Promise.all(guests.map(({ choice }) => choice))).toEqual([undefined, undefined])
    const next = await Promise.all([shareBox(path, [], nothing), shareBox(path, [], nothing)])
    const [second] = next.flatMap((box) => (box && 'tell' in box ? [box] : []))
    expect(next.filter((box) => box && 'choice' in box)).toHaveLength(1)
    second?.close()
    expect(readdirSync(folder)).toEqual([])
  })

  it('keeps no launch that has not joined yet when it is closed', async () => {
    const path = join(temporaryDirectory(), 'box')
    const host = await hostAt(path)
    const [joining, joined] = [connect(path), await guestAt(path)]
    host.close()
    hosts.pop()
    await once(joining.resume(), 'close')
    expect(await joined.choice).toBeUndefined()
  })

  it('is shown although a killed process has left its files', async () => {
    const path = join(temporaryDirectory(), 'box')
    for (const left of [path, `${path}.lock`]) writeFileSync(left, '')
    await hostAt(path)
    await guestAt(path)
  })

  it('is not shared with a process that does not answer', async () => {
    const path = join(temporaryDirectory(), 'box')
    const fd = openSync(`${path}.lock`, 'w')
    expect(tryFlock(fd)).toBe('acquired')
    const silent = createServer(nothing)
    await once(silent.listen(path), 'listening')
    expect(await shareBox(path, [], nothing)).toBeUndefined()
    silent.close()
    unlockAndClose(fd)
  })

  it('is one for each screen, directory and name', () => {
    const [dir, other] = [temporaryDirectory(), temporaryDirectory()]
    vi.stubEnv('DISPLAY', ':71')
    const path = sharedBoxPath(dir, 'notes')
    expect(path).toMatch(/-notes-box-[0-9a-f]{8}\.sock$/)
    expect(sharedBoxPath(dir, 'notes')).toBe(path)
    expect(sharedBoxPath(other, 'notes')).not.toBe(path)
    expect(sharedBoxPath(dir, 'other')).not.toBe(path)
    vi.stubEnv('DISPLAY', ':72')
    expect(sharedBoxPath(dir, 'notes')).not.toBe(path)
  })
})
