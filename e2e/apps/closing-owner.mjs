// @ts-check
// Holds a data directory's lock like an app that is closing its database, until it is killed or the time is up.
import { argv } from 'node:process'
import { pathToFileURL } from 'node:url'

const [, , lockModule = '', dir = '', milliseconds = '60000'] = argv
/** @type {typeof import('../../src/main/lock/data-dir-lock.ts')} */
const { acquireDataDirLock } = await import(pathToFileURL(lockModule).href)
const lock = acquireDataDirLock({ dir, name: 'notes', app: 'Notes', version: '1.2.3' })
lock.publish({ state: 'quitting' })
console.log('held')
setTimeout(() => lock.release(), Number(milliseconds))
