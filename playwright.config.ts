import { defineConfig } from 'playwright/test'

// Electron is started by the tests themselves; `npm test` sets up the display, the runtime and the built app.
export default defineConfig({
  testDir: 'e2e',
  outputDir: 'test-results/e2e',
  // One screen has one focus: tests that ask who has it cannot run side by side.
  workers: 1,
  timeout: 60_000,
  forbidOnly: Boolean(process.env.CI),
  reporter: [
    ['list'],
    ['json', { outputFile: process.env.PLAYWRIGHT_JSON_OUTPUT_FILE ?? 'test-results/e2e.json' }],
  ],
})
