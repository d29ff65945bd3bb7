// The packaged app in a data directory that another user can write. That user has the lock through a forked child, so the
// kernel names a process that has ended, and has written a record with the identity of a process of the app's user.
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'playwright/test'
import { press, untilGone, waitForFocusOf } from '../scripts/desktop/windows.mjs'
import { picture } from './support/picture.ts'
import { type SecondUser, test, whyNoSecondUser } from './support/second-user.ts'
import { skipWhen } from './support/skip-when.ts'

const reason = whyNoSecondUser()
test.beforeEach(() => skipWhen(reason !== undefined, reason ?? ''))

const ready = JSON.stringify({
  v: 1,
  type: 'status',
  status: { state: 'ready', silentFor: 0, pid: 1, app: 'Notes' },
})

/**
 * Presses every button of the dialog: the first one, the second one, and the last one. If the second one asks a question,
 * the last press is the answer that ends the process.
 *
 * @returns what the dialog says, and how the app has ended, or that the process of its user has
 */
async function pressEverything(user: SecondUser, name: string, args: string[] = []) {
  const sleeperEnded = once(user.sleeper, 'exit').then(() => 'an unrelated process has ended')
  const app = user.launch(...args)
  const box = await waitForFocusOf(app.pid)
  await picture(box, name)
  await untilGone(box, () => press('Return'))
  expect(user.received()).not.toContain('SECRET')
  const second = await waitForFocusOf(app.pid)
  await untilGone(second, () => ['Tab', 'Return'].forEach(press))
  const third = await waitForFocusOf(app.pid)
  await picture(third, `${name}-third`)
  const text = user.clipboard()
  await untilGone(third, () => ['shift+Tab', 'Return'].forEach(press))
  return { text, ended: await Promise.race([app.ended, sleeperEnded]) }
}

test('a process that has nothing to do with the lock cannot be ended, whatever is pressed', async ({
  user,
}) => {
  await user.attack()
  const { text, ended } = await pressEverything(user, 'hostile-silent')
  expect(ended).toBe(75)
  expect(user.sleeper.signalCode).toBeNull()
  expect(text).toContain(`Data folder: ${join(user.folder, 'data')}`)
  expect(text).not.toContain(`PID ${user.sleeper.pid}`)
})

test('a launch does not arrive at the socket of another user', async ({ user }) => {
  await user.attack(`${ready}\n`)
  const file = join(user.folder, 'A plan.md')
  writeFileSync(file, '# A plan\n')
  const { text, ended } = await pressEverything(user, 'hostile-socket', [
    'notes://callback?code=SECRET',
    file,
  ])
  expect(user.received()).toBe('')
  expect(text).toContain('Another user of this computer has opened it.')
  expect(ended).toBe(75)
})
