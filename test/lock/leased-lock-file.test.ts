import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { acquireDataDirLock } from '../../src/main/lock/data-dir-lock.ts'
import { DataDirLockedError } from '../../src/main/lock/errors.ts'
import { waitForRelease } from '../../src/main/lock/wait-for-release.ts'
import { skip } from '../support/skip.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { thrownBy } from '../support/thrown-by.ts'

// A lease is what the kernel's NFS server takes when it delegates an open file to a client (man 2 fcntl, F_SETLEASE).
const takesLease = `
import fcntl, os, signal, sys
signal.signal(signal.SIGIO, signal.SIG_IGN)
file = os.open(sys.argv[1], os.O_RDONLY)
fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
print('leased', flush=True)
sys.stdin.read()
`

test.for(['app.lock', join('.datadir-guard', 'lock')])(
  'a %s that an NFS client has open is reported as in use, and not as broken',
  async (file, ctx) => {
    if (process.platform !== 'linux' || spawnSync('python3', ['--version']).error) {
      skip(ctx, 'it needs Linux and python3')
    }
    const dir = temporaryDirectory()
    chmodSync(dir, 0o755)
    mkdirSync(join(dir, '.datadir-guard'), { mode: 0o700 })
    const leased = join(dir, file)
    writeFileSync(leased, '')
    const client = spawn('python3', ['-c', takesLease, leased], { stdio: ['pipe', 'pipe', 'inherit'] })
    onTestFinished(() => void client.kill('SIGKILL'))
    await once(client.stdout, 'data')
    const { holder } = await thrownBy(DataDirLockedError, () => acquireDataDirLock({ dir }))
    expect(holder).toBeUndefined()
    expect(await waitForRelease(dir, { timeout: 0 })).toBe(false)
    client.stdin.end()
    await once(client, 'exit')
    acquireDataDirLock({ dir }).release()
    expect(await waitForRelease(dir, { timeout: 0 })).toBe(true)
  },
)
