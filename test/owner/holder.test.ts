import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { runLockScript } from '../support/lock-script.ts'
import { missingUnshare } from '../support/missing-unshare.ts'
import { startHolder } from '../support/processes.ts'
import { skip } from '../support/skip.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** A command that runs another one where `/proc/locks` cannot be opened. */
async function withoutList(): Promise<string[]> {
  const socket = join(temporaryDirectory(), 'socket')
  const server = createServer().listen(socket)
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(() => void server.close())
  return ['unshare', '--mount', 'sh', '-c', `mount --bind ${socket} /proc/locks && exec "$@"`, 'sh']
}

test('the process of the owner record is the holder, and a launch that it refuses does not read the list of all locks', async (ctx) => {
  const missing = missingUnshare('--mount')
  if (missing) return skip(ctx, missing)
  const dir = temporaryDirectory()
  const owner = await startHolder({ dir, app: 'Notes' })
  const { said } = await runLockScript(
    dir,
    `import { readFileSync } from 'node:fs'
     const tried = (call) => { try { return call() } catch ({ code }) { return code } }
     const list = tried(() => readFileSync('/proc/locks', 'utf8'))
     try { acquireDataDirLock({ dir }) } catch ({ owner, holder }) { say({ list, owner, holder }) }`,
    await withoutList(),
  )
  const { pid } = owner
  expect(said).toMatchObject({ list: 'ENXIO', owner: { pid, app: 'Notes' }, holder: { pid, hasLock: true } })
})
