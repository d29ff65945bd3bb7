import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'playwright/test'
import { readOwner } from '../src/main/owner/owner-record-file.ts'
import { test } from './support/held.ts'

const message = 'the window has no page'

// A second call of onOwned could open a second window, so it is not tried again.
const helpers = ['Copy Details', 'Quit']
const buttonsAfter = { onOwned: helpers, onMigrationProgress: ['Try Again', ...helpers] }

for (const [callback, buttons] of Object.entries(buttonsAfter)) {
  test(`an error that ${callback} throws is shown to the user, and the app exits with everything released`, async ({
    held,
  }) => {
    const environment = { SLOW_THROWS: callback, SLOW_MIGRATIONS: '1', SLOW_MIGRATION_MS: '0' }
    const { app, dialogs } = held.loggedSlow(environment, 'Quit')
    expect(await app.ended).toBe(1)
    const [dialog, ...others] = dialogs.read()
    expect(others).toEqual([])
    expect(dialog).toMatchObject({
      type: 'error',
      title: 'Notes',
      message: 'Notes can’t open its data.',
      buttons,
    })
    expect(dialog?.detail).toContain(`Error: ${message}`)
    expect(dialog?.detail).toContain('report this error to the developer of Notes')
    expect(app.stderr()).toMatch(new RegExp(`Notes: TypeError: ${message}\\n +at .*makeMistake`))
    expect(readOwner(held.dataDir, 'notes')).toBeUndefined()
    expect(existsSync(join(held.dataDir, 'notes.sock'))).toBe(false)
  })
}

test('the next launch after such an error opens the data', async ({ held }) => {
  const failing = held.loggedSlow({ SLOW_THROWS: 'onOwned' }, 'Quit')
  expect(await failing.app.ended).toBe(1)
  const { pid } = held.slow()
  await held.untilOwner(pid, 'ready')
})
