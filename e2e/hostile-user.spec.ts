// The packaged app in a data directory that another user can write. That user has the lock and has written the record.
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
 * @returns what the dialog says, and how the app has ended, or that the other process of its user has ended.
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
  const text = user.clipboard()
  await untilGone(third, () => ['shift+Tab', 'Return'].forEach(press))
  return { text, ended: await Promise.race([app.ended, sleeperEnded]) }
}

test('no button ends a process that has nothing to do with the lock', async ({ user }) => {
  await user.attack('dead')
  const { text, ended } = await pressEverything(user, 'hostile-silent')
  expect(ended).toBe(75)
  expect(user.sleeper.signalCode).toBeNull()
  expect(text).toContain(`Data folder: ${user.dataDir}`)
  expect(text).not.toContain(`PID ${user.sleeper.pid}`)
})

test('a launch does not arrive at a socket that another user has put into a record', async ({ user }) => {
  await user.attack('dead', `${ready}\n`)
  const { ended } = await pressEverything(user, 'hostile-record', launch(user))
  expect(user.received()).toBe('')
  expect(ended).toBe(75)
})

test('a launch does not arrive at an owner of another user, and the dialog says so', async ({ user }) => {
  await user.attack('living', `${ready}\n`)
  const { text, ended } = await pressEverything(user, 'hostile-owner', launch(user))
  expect(user.received()).toBe('')
  expect(text).toContain('Another user of this computer has opened it.')
  expect(ended).toBe(75)
})

/** A URL with a secret, and a file. */
function launch({ folder }: SecondUser): string[] {
  const file = join(folder, 'A plan.md')
  writeFileSync(file, '# A plan\n')
  return ['notes://callback?code=SECRET', file]
}
