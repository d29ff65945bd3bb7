// A second process that holds a data directory's lock: `holder.mjs OPTIONS_AS_JSON`. It says `held` or the error's
// code, and releases when its standard input is closed.
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const built = resolve(import.meta.dirname, '../../dist/main/lock/data-dir-lock.js')
const { acquireDataDirLock } = await import(pathToFileURL(built).href)
try {
  const lock = acquireDataDirLock(JSON.parse(process.argv[2] ?? ''))
  console.log('held')
  for await (const _ of process.stdin);
  lock.release()
  console.log('released')
} catch (error) {
  console.log(/** @type {{ code?: string }} */ (error).code ?? String(error))
}
