import { defineConfig } from 'playwright/test'
import { useDisplay } from './scripts/desktop/displays.mjs'

// Playwright sets this in the processes that run tests, and loads this file in each of them.
const { TEST_PARALLEL_INDEX, VIRTUAL_DISPLAYS = '1' } = process.env
if (TEST_PARALLEL_INDEX !== undefined) useDisplay(Number(TEST_PARALLEL_INDEX))

// Electron is started by the tests themselves; `npm test` sets up the display, the runtime and the built app.
export default defineConfig({
  testDir: 'e2e',
  outputDir: 'test-results/e2e',
  // One screen has one focus. Tests run at the same time only if each has a screen of its own.
  workers: Number(VIRTUAL_DISPLAYS),
  // A machine that does much else at the same time reaches a condition late.
  timeout: 150_000,
  expect: { timeout: 20_000 },
  forbidOnly: Boolean(process.env.CI),
  reporter: [
    ['list'],
    ['json', { outputFile: process.env.PLAYWRIGHT_JSON_OUTPUT_FILE ?? 'test-results/e2e.json' }],
  ],
})
