// What macOS makes an app open. The events are those of any EventEmitter, so an app can send them to itself.
import { expect } from 'playwright/test'
import { waitForWindowOf } from '../scripts/desktop/windows.mjs'
import { test } from './support/held.ts'
import { skipWhen } from './support/skip-when.ts'

test.beforeEach(() => skipWhen(process.platform !== 'linux', 'wmctrl is for X11 desktops'))

test('files that are opened while the database migrates arrive afterwards, in their order, each once', async ({
  held,
}) => {
  const owner = held.slow({
    SLOW_OPENS: '/first.md /second.md',
    SLOW_MIGRATIONS: '1',
    SLOW_MIGRATION_MS: '2000',
    SLOW_LAUNCH_MS: '1000',
  })
  await held.untilOwner(owner.pid, 'ready')
  await waitForWindowOf(owner.pid, ({ title }) => title === 'Slow 1 + first.md + second.md')
  held.command('open /third.md')
  await waitForWindowOf(owner.pid, ({ title }) => title === 'Slow 1 + first.md + second.md + third.md')
})

test('a file that is opened during another launch waits for that launch', async ({ held }) => {
  const owner = held.slow({ SLOW_LAUNCH_MS: '3000' })
  await held.untilOwner(owner.pid, 'ready')
  const contender = held.slow({ SLOW_ON_HELD: 'focus' }, [import.meta.filename])
  expect(await contender.ended).toBe(0)
  held.command('open /later.md')
  await waitForWindowOf(owner.pid, ({ title }) => title === 'Slow 1 + open-events.spec.ts + later.md')
})

test('files that are opened in a launch which met an owner are handed over with the launch', async ({
  held,
}) => {
  const owner = held.slow()
  await held.untilOwner(owner.pid, 'ready')
  const contender = held.loggedSlow({ SLOW_OPENS: '/first.md /second.md' }, 'Show Notes', [
    import.meta.filename,
  ])
  expect(await contender.app.ended).toBe(0)
  await waitForWindowOf(owner.pid, ({ title }) =>
    title.endsWith(' + open-events.spec.ts + first.md + second.md'),
  )
})
