/**
 * Stands in for src/main/runtime/thread-file.ts in unit tests: a worker thread is loaded by Electron's Node and not
 * by vitest, so it runs the package as `globalSetup` has built it.
 */
export function threadFile(beside: URL): URL {
  return new URL(beside.href.replace('/src/main/', '/dist/main/'))
}
