import { createRequire } from 'node:module'

/** The version of this package. */
export function packageVersion(): string {
  // By its own name, which leads there from the source as from a bundle: nodejs.org/api/packages.html#self-referencing-a-package-using-its-name
  const { version } = createRequire(import.meta.url)('electron-datadir/package.json')
  return String(version)
}
