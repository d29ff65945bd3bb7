import { expect, test } from 'vitest'
import { directoryForUsers, startAs, type User } from '../support/other-user.ts'

const owner: User = { uid: 60_021, gid: 60_021, sharedGroup: 60_021, umask: 0o022 }
const stranger: User = { uid: 60_022, gid: 60_022, sharedGroup: 60_022, umask: 0o022 }

const acquireScript = (dir: string) => `
  const lock = node.acquireDataDirLock({ dir: ${JSON.stringify(dir)}, onWarning: () => undefined })
  say({ pid: process.pid })
  await heard()
  lock.release()`

test.for(['700', '711', '755', '777'])(
  'another user’s owner of a directory of mode %s is named, and without an owner the error is about permissions',
  async (mode, ctx) => {
    const dir = directoryForUsers(ctx, Number.parseInt(mode, 8), owner)
    const holding = startAs(owner, acquireScript(dir))
    const { pid } = await holding.next()
    const refused = await startAs(stranger, acquireScript(dir)).next()
    expect(refused).toMatchObject({ failed: 'ERR_DATADIR_LOCKED' })
    expect(refused.message).toContain(`(pid ${pid}, `)
    expect(refused.message).toContain(`user ${owner.uid}`)
    await holding.finish('release')
    expect(await startAs(stranger, acquireScript(dir)).next()).toMatchObject({
      failed: 'ERR_DATADIR_UNUSABLE',
    })
  },
)
