import { existsSync } from 'node:fs'
import { expect } from 'playwright/test'
import { test } from './support/held.ts'

test('an option that claimDataDir does not know ends the start, and says which one was meant', async ({
  held,
}) => {
  const { app, dialogs } = held.loggedSlow({ SLOW_MISSPELT: 'startWindows' }, 'Quit')
  expect(await app.ended).toBe(1)
  expect(app.stderr()).toContain(
    'claimDataDir has no option "startWindows". Did you mean "startWindow"? [ERR_DATADIR_INVALID_OPTION]',
  )
  expect(dialogs.read().map(({ message }) => message)).toEqual(['Notes cannot open its data.'])
  expect(existsSync(held.dataDir)).toBe(false)
})
