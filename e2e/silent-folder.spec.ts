// An app whose data directory stops answering, as on a network share whose server is gone.
import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'playwright/test'
import { unmount } from '../chaos/filesystem.mjs'
import { waitFor } from '../scripts/desktop/wait-for.mjs'
import { test as base } from './support/held.ts'
import { skipWhen } from './support/skip-when.ts'

const test = base.extend<{ share: { dir: string; stopAnswering(): void; answerAgain(): void } }>({
  share: async ({ held }, use) => {
    skipWhen(process.platform !== 'linux' || process.getuid?.() !== 0, 'mounting takes root on Linux')
    const mounted = `${held.folder}-mounted`
    for (const path of [mounted, held.dataDir]) mkdirSync(path, { mode: 0o700 })
    const program = spawn('bindfs', ['-f', held.folder, mounted], { stdio: 'ignore' })
    await waitFor(
      'the mount',
      () => readFileSync('/proc/self/mountinfo', 'utf8').includes(` ${mounted} `) || undefined,
    )
    await use({
      dir: join(mounted, 'data'),
      stopAnswering: () => void program.kill('SIGSTOP'),
      answerAgain: () => void program.kill('SIGCONT'),
    })
    // A filesystem whose program has ended answers everything with an error, also what already waits.
    program.kill('SIGKILL')
    unmount(mounted)
    rmdirSync(mounted)
  },
})

// Of linux/sched.h.
const exiting = 0x4

/** Whether a process has begun to end, or is gone. */
function isEnding(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // man 5 proc_pid_stat: after the name in parentheses come the fields 3 on; 9 has the kernel's flags.
    return (Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[6]) & exiting) !== 0
  } catch {
    return true
  }
}

test('an app that is told to quit while its folder does not answer ends in time', async ({ held, share }) => {
  const { app, dialogs } = held.logged({ env: { NOTES_DATA_DIR: share.dir } })
  await held.untilOwner(app.pid, 'ready')
  share.stopAnswering()
  app.kill('SIGTERM')
  // Linux keeps what a killed process has in the shared memory of a FUSE file until its program answers.
  await waitFor('the app to be killed', () => isEnding(app.pid) || undefined, 40_000)
  share.answerAgain()
  expect(await app.ended).toBe('SIGKILL')
  expect(dialogs.read()).toEqual([])
})
