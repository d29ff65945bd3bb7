// A process that rebuilds the indexes of a database, for tests that kill it: `rebuilding.mjs PATH`.
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const [path = ''] = process.argv.slice(2)
const built = resolve(import.meta.dirname, '../../../dist/main/sqlite/repair/rebuild-indexes.js')
const { rebuildIndexes } = await import(pathToFileURL(built).href)
process.stdout.write('begun\n')
rebuildIndexes(path)
