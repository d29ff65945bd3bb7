// The packaged app as a user who is not root, with Chromium's sandbox on.
import { spawnSync } from 'node:child_process'
import {
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { expect, test } from 'playwright/test'
import { startApp } from '../scripts/desktop/start-app.mjs'
import { waitFor } from '../scripts/desktop/wait-for.mjs'
import { waitForWindowOf } from '../scripts/desktop/windows.mjs'
import { readOwner } from '../src/main/owner/owner-record-file.ts'
import { skipWhen } from './support/skip-when.ts'

const nobody = 65534
const become = [`--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups']

function whyNot(): string | undefined {
  if (process.getuid?.() !== 0)
    return 'becoming another user takes root; these tests run as an ordinary one already'
  // Chromium's sandbox needs a user namespace, which a chroot or a kernel setting forbids: man 7 user_namespaces.
  const namespace = spawnSync('setpriv', [...become, 'unshare', '--user', 'true'])
  return namespace.status === 0 ? undefined : 'an ordinary user may not make a user namespace here'
}

test('an ordinary user runs it inside the sandbox and owns what it makes', async () => {
  const reason = whyNot()
  skipWhen(reason !== undefined, reason ?? '')
  const folder = mkdtempSync(join(tmpdir(), 'notes-user-'))
  const home = join(folder, 'home')
  mkdirSync(home, { mode: 0o700 })
  chownSync(folder, nobody, nobody)
  chownSync(home, nobody, nobody)
  // Another user may not be allowed to read the folder where the app was packaged.
  const packagedApp = process.env.PACKAGED_APP ?? ''
  cpSync(dirname(packagedApp), join(folder, 'app'), { recursive: true, mode: 0 })

  const executable = join(folder, 'app', basename(packagedApp))
  const dataDir = join(home, 'data')
  const app = startApp('setpriv', [...become, executable], {
    PATH: process.env.PATH,
    DISPLAY: process.env.DISPLAY,
    HOME: home,
    NOTES_DATA_DIR: dataDir,
  })
  try {
    await waitForWindowOf(app.pid)
    await waitFor(
      'the database to be open',
      () => readOwner(dataDir, 'notes')?.state === 'ready' || undefined,
    )
    expect(statSync(join(dataDir, 'notes.db')).uid).toBe(nobody)
    const renderer = processes().find(
      ({ command }) => command.startsWith(join(folder, 'app')) && command.includes('--type=renderer'),
    )
    // 2 is SECCOMP_MODE_FILTER: man 5 proc_pid_status.
    expect(renderer?.status).toMatch(/^Seccomp:\t2$/m)
    expect(renderer?.command).not.toContain('--no-sandbox')
    app.kill('SIGTERM')
    expect(await app.ended).toBe(0)
  } finally {
    app.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 })
  }
})

function processes(): { command: string; status: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
        return [{ command, status: readFileSync(`/proc/${pid}/status`, 'utf8') }]
      } catch {
        return [] // It ended between the listing and the look.
      }
    })
}
