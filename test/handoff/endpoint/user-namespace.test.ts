// In a user namespace that does not map root, as sandboxes make it, root's folders belong to an unknown user.

import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { runLockScript } from '../../support/lock-script.ts'
import { missingUnshare } from '../../support/missing-unshare.ts'
import { startAs, whyNoOtherUser } from '../../support/other-user.ts'
import { skip } from '../../support/skip.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const user = 60_005
const stranger = 60_006
const moduleOf = (name: string) =>
  JSON.stringify(
    pathToFileURL(resolve(import.meta.dirname, `../../../dist/main/handoff/endpoint/${name}.js`)).href,
  )

test('where root is not mapped the hand-off works, and a folder under another user’s is not trusted', async (ctx) => {
  const reason = whyNoOtherUser() ?? missingUnshare('--user', '--keep-caps')
  if (reason !== undefined) return skip(ctx, reason)
  const parent = temporaryDirectory()
  const [dir, foreign] = [join(parent, 'data'), join(parent, 'foreign')]
  const inForeign = join(foreign, 'folder')
  for (const [path, owner] of [
    [parent, user],
    [dir, user],
    [foreign, stranger],
    [inForeign, user],
  ] as const) {
    mkdirSync(path, { recursive: true })
    chownSync(path, owner, owner)
    chmodSync(path, 0o755)
  }
  const outside = join(dir, 'outside.sock')
  const listener = startAs(
    { uid: user, gid: user, sharedGroup: user, umask: 0o077 },
    `const { createServer } = await import('node:net')
    createServer().listen(${JSON.stringify(outside)}, () => say({ isListening: true }))
    await heard()`,
  )
  expect(await listener.next()).toEqual({ isListening: true })
  const script = `
    import { once } from 'node:events'
    import { createServer } from 'node:net'
    import { createSocketEndpoint } from ${moduleOf('endpoint')}
    import { isPrivateFolder } from ${moduleOf('private-folder')}
    import { trustedPath } from ${moduleOf('trusted-path')}
    say({ isStarted: true })
    await once(process.stdin, 'data')
    process.stdin.destroy()
    process.setgid(${user})
    process.setuid(${user})
    const { path } = createSocketEndpoint(dir, 'app')
    const server = createServer().listen(path)
    await once(server, 'listening')
    say({
      path,
      trusted: [trustedPath(path), trustedPath(${JSON.stringify(outside)})],
      isForeignPrivate: isPrivateFolder(${JSON.stringify(inForeign)}),
    })
    server.close()`
  const sandboxed = await runLockScript(dir, script, ['unshare', '--user', '--keep-caps'])
  for (const map of ['uid_map', 'gid_map'])
    writeFileSync(`/proc/${sandboxed.pid}/${map}`, `${user} ${user} 1`)
  sandboxed.tell('go')
  const path = join(dir, 'app.sock')
  expect(await sandboxed.next()).toEqual({ path, trusted: [path, outside], isForeignPrivate: false })
})
