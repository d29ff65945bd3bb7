import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { userOfProcess } from '../../src/main/owner/process-stat.ts'
import { skip } from '../support/skip.ts'

test('a process that became another user after it had started is that user’s', async (ctx) => {
  if (process.platform !== 'linux') return skip(ctx, 'only Linux has /proc')
  if (process.getuid?.() !== 0) return skip(ctx, 'only root can become another user')
  const script = '$( = $) = 60011; $< = $> = 60011; $| = 1; print "ready"; sleep 100'
  const child = spawn('perl', ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  // Its folder in /proc belongs to root, unless the system lets such processes be dumped (fs.suid_dumpable).
  expect(userOfProcess(child.pid ?? 0)).toBe(60_011)
})

test('a process that does not exist has no user', () => {
  expect(userOfProcess(2 ** 31 - 1)).toBeUndefined()
})
