import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/support/build-package.ts',
    // Processes, not threads: what is tested here belongs to a process.
    pool: 'forks',
    testTimeout: 30_000,
  },
})
