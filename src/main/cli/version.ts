import { readFileSync } from 'node:fs'

/** The version of this package. */
export function packageVersion(): string {
  // Upwards to the package.json with this package's name. The published code lies beside one without, so that it cannot
  // be asked for by the name where the package is not installed: in a clone, or by `npm link`.
  for (let folder = new URL('.', import.meta.url); ; folder = new URL('..', folder)) {
    const { name, version } = readPackage(new URL('package.json', folder))
    if (name === 'electron-datadir') return String(version)
    if (folder.href === new URL('..', folder).href) throw new Error('its package.json is missing')
  }
}

function readPackage(file: URL): { name?: unknown; version?: unknown } {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    // None in this folder, or none that can be read: it is not ours.
    return {}
  }
}
