// Launches that meet an owner whose dialog waits for an answer, or an owner that fails before its app has them.
import { readdirSync } from 'node:fs'
import { expect } from 'playwright/test'
import { press, untilGone, waitForDialogOf, waitForWindowOf } from '../scripts/desktop/windows.mjs'
import { type Held, test } from './support/held.ts'
import { picture } from './support/picture.ts'
import { skipWhen } from './support/skip-when.ts'

test.beforeEach(() => skipWhen(process.platform !== 'linux', 'xdotool is for X11 desktops'))

const file = import.meta.filename
const fileName = 'asking.spec.ts'

/** An owner whose real dialog asks what to do with a damaged database. */
async function askingOwner(held: Held) {
  held.replaceDatabase()
  const owner = held.slow()
  const question = await waitForDialogOf(owner.pid)
  await held.untilOwner(owner.pid, 'asking')
  return { owner, question }
}

/** Enter alone would press the last button, **Quit**. */
function startFresh(): void {
  press('alt+s')
}

test('Enter quits if the only other choice is to start without data', async ({ held }) => {
  const { owner, question } = await askingOwner(held)
  await untilGone(question, () => press('Return'))
  expect(await owner.ended).toBe(1)
  expect(readdirSync(held.dataDir).filter((name) => name.includes('.damaged-'))).toEqual([])
})

test('a launch shows that the owner waits for an answer, and goes on when the owner has it', async ({
  held,
}) => {
  const { owner, question } = await askingOwner(held)
  const { app, dialogs } = held.loggedSlow({}, undefined, [file])
  const { message, detail, buttons } = await dialogs.first()
  expect(message).toBe('Notes is waiting for your answer.')
  expect(detail).toContain('Its question is in another window')
  expect(buttons).toEqual(['Show Notes', 'Copy Details', 'Quit'])
  await untilGone(question, startFresh)
  expect(await app.ended).toBe(0)
  await waitForWindowOf(owner.pid, ({ title }) => title.includes(fileName))
  expect(dialogs.read()).toHaveLength(1)
})

test('when the owner ends without an answer, the launch opens the app and asks the question itself', async ({
  held,
}) => {
  const { owner, question } = await askingOwner(held)
  const { app, dialogs } = held.loggedSlow({}, undefined, [file])
  await dialogs.untilItSays(/is waiting for your answer/)
  await untilGone(question, () => press('Escape'))
  expect(await owner.ended).toBe(1)
  await held.untilOwner(app.pid, 'asking')
  const own = await dialogs.untilItSays(/^(?!Notes is)/)
  expect(own.buttons).toContain('Quit')
})

test('Show brings the question to the front, and the launch waits for the answer', async ({ held }) => {
  const { owner, question } = await askingOwner(held)
  const contender = held.slow({}, [file])
  const box = await waitForDialogOf(contender.pid)
  await picture(box, 'asking')
  await untilGone(box, () => press('Return'))
  const raised = await waitForDialogOf(owner.pid)
  expect(raised.id).not.toBe(question.id)
  await untilGone(raised, startFresh)
  await waitForWindowOf(owner.pid, ({ title }) => title.includes(fileName))
  expect(await contender.ended).toBe(0)
})

test("with onHeld 'focus', the launch also shows that the owner waits for an answer", async ({ held }) => {
  const { owner } = await askingOwner(held)
  const { app, dialogs } = held.loggedSlow({ SLOW_ON_HELD: 'focus' })
  await dialogs.untilItSays(/is waiting for your answer/)
  const raised = await waitForDialogOf(owner.pid)
  await untilGone(raised, startFresh)
  expect(await app.ended).toBe(0)
})

test('without a dialog, a launch opens the app if the owner takes the launch and then fails', async ({
  held,
}) => {
  const owner = held.slow({ SLOW_MIGRATIONS: '1', SLOW_MIGRATION_MS: '5000', SLOW_FAILS: '1' })
  await held.untilOwner(owner.pid, 'migrating')
  const contender = held.slow({ SLOW_ON_HELD: 'focus' }, [file])
  await held.untilOwner(contender.pid, 'ready')
  await waitForWindowOf(contender.pid, ({ title }) => title.startsWith('Slow 1'))
})
