import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: {
    alias: [
      {
        find: /^.*\/runtime\/thread-file\.ts$/,
        replacement: resolve(import.meta.dirname, 'test/support/built-thread-file.ts'),
      },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/support/build-package.ts',
    // Processes, not threads: what is tested here belongs to a process.
    pool: 'forks',
    // They wait for processes and clocks most of their time.
    maxWorkers: availableParallelism() * 3,
    // A machine that does much else at the same time reaches a condition late.
    testTimeout: 150_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 15_000 } },
  },
})
