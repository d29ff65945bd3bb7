// @ts-nocheck: it runs in a project that has installed the package.
// The name that a module of webpack's bundles has, which is all that the package looks at there.
import { createRequire } from 'node:module'

globalThis.__webpack_require__ = () => undefined
const require = createRequire(import.meta.url)
const attempts = [() => import('electron-datadir/node'), async () => require('electron-datadir/node')]
for (const load of attempts) {
  const error = await load().catch((thrown) => thrown)
  if (error.code !== 'ERR_DATADIR_BUNDLED') throw error
}
