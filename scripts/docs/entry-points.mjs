// @ts-check
import { join } from 'node:path'
import { root } from '../setup/places.mjs'
import { publicSymbols } from './public-symbols.mjs'

const sources = [
  {
    title: 'electron-datadir',
    about: "For Electron's main process.",
    file: 'src/main/api.ts',
  },
  {
    title: 'electron-datadir/node',
    about:
      'For plain Node.js: all of `electron-datadir` except `claimDataDir`, `launchOf`, `relaunch` and `serveOperations`, which need Electron.',
    file: 'src/main/node.ts',
  },
  {
    title: 'electron-datadir/testing',
    about:
      'For tests: starts, stops and kills real second processes, and replaces lock files. It needs no native module itself.',
    file: 'src/main/testing/api.ts',
  },
  {
    title: 'electron-datadir/preload',
    about:
      'For a preload script. A sandboxed preload script cannot load packages, so bundle this one into it.',
    file: 'src/preload/api.ts',
  },
]

/** Every entry point of the package, and what it exports. */
export function entryPoints() {
  return sources.map(({ title, about, file }) => ({ title, about, symbols: publicSymbols(join(root, file)) }))
}
