import { resolve } from 'node:path'
import { defineConfig } from 'electron-vite'

export default defineConfig({
  main: {
    build: {
      // electron-vite leaves out what is a dependency; this one is a peer, and a native module cannot be bundled.
      rollupOptions: {
        external: ['better-sqlite3'],
        // Beside the entries: what starts a thread looks for its code there.
        output: { chunkFileNames: '[name]-[hash].js' },
        // A worker thread's code has to be a file beside the entry, under the name its starter looks for.
        input: {
          index: resolve(import.meta.dirname, 'src/main/index.ts'),
          'hand-over-thread': resolve(import.meta.dirname, 'src/main/electron/held/hand-over-thread.ts'),
          'handoff-thread': resolve(import.meta.dirname, 'src/main/handoff/owner/handoff-thread.ts'),
          'sqlite-thread': resolve(import.meta.dirname, 'src/main/sqlite/thread/sqlite-thread.ts'),
        },
      },
    },
  },
  preload: {
    build: {
      rollupOptions: {
        // A sandboxed preload cannot be an ES module: electronjs.org/docs/latest/tutorial/esm#preload-scripts
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: resolve(import.meta.dirname, 'src/renderer'),
    // page-protocol.ts replaces it.
    html: { cspNonce: 'PAGE_NONCE' },
    build: { minify: true },
  },
})
