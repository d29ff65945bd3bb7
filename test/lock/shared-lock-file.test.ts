// In a directory that a group shares, a new lock file belongs only to the user who created it for a moment.

import { chmodSync, chownSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { directoryForUsers, startAs } from '../support/other-user.ts'

const sharedGroup = 60_000
const owner = { uid: 60_001, gid: 60_001, sharedGroup, umask: 0o022 }

test('an owner waits until a member of its group has shared a new lock file, and keeps its lock', async (ctx) => {
  const dir = directoryForUsers(ctx, 0o2770, { gid: sharedGroup })
  const holder = startAs(
    owner,
    `const lock = node.acquireDataDirLock({ dir: ${JSON.stringify(dir)}, onWarning: () => undefined })
    say({ held: true })
    // The end is that of a regular look after the event.
    while ((await heard()) === 'look') {
      await new Promise((resolve) => setTimeout(resolve, 1_200))
      say({ lost: lock.lost.aborted })
    }`,
  )
  expect(await holder.next()).toEqual({ held: true })
  // The watch begins with the first look.
  expect(await holder.next('look')).toEqual({ lost: false })
  const path = join(dir, 'app.lock')
  process.kill(holder.pid, 'SIGSTOP')
  rmSync(path)
  writeFileSync(path, '', { mode: 0o600 })
  chownSync(path, 60_002, sharedGroup)
  process.kill(holder.pid, 'SIGCONT')
  expect(await holder.next('look')).toEqual({ lost: false })
  chmodSync(path, 0o660)
  expect(await holder.next('look')).toEqual({ lost: false })
  expect(await holder.next('look')).toEqual({ lost: false })
  const contender = startAs(
    { ...owner, uid: 60_002, gid: 60_002 },
    `node.acquireDataDirLock({ dir: ${JSON.stringify(dir)}, onWarning: () => undefined })`,
  )
  expect(await contender.next()).toMatchObject({ failed: 'ERR_DATADIR_LOCKED' })
})
