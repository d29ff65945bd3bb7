import { existsSync } from 'node:fs'
import { expect } from 'playwright/test'
import { test } from './support/held.ts'

test('an unknown option of claimDataDir ends the start: stderr names the option that was meant, the dialog does not', async ({
  held,
}) => {
  const { app, dialogs } = held.loggedSlow({ SLOW_MISSPELT: 'startWindows' }, 'Quit')
  expect(await app.ended).toBe(1)
  expect(app.stderr()).toContain(
    'claimDataDir has no option "startWindows". Did you mean "startWindow"? [ERR_DATADIR_INVALID_OPTION]',
  )
  const [dialog, ...others] = dialogs.read()
  expect(others).toEqual([])
  expect(dialog).toMatchObject({
    message: 'Notes can’t start because of an error in the app.',
    detail: 'Report this error to the developer of Notes. “Copy Details” copies what they need.',
  })
  expect(JSON.stringify(dialog)).not.toMatch(/startWindow|Did you mean/)
  expect(existsSync(held.dataDir)).toBe(false)
})
