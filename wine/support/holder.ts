import { acquireDataDirLock } from '../../src/main/lock/data-dir-lock.ts'
import { optionsOf } from './options.ts'
import { untilAsked } from './until-asked.ts'

try {
  const lock = acquireDataDirLock(optionsOf('holder'))
  console.log('held')
  await untilAsked()
  lock.release()
} catch (error) {
  console.log((error as { code?: string }).code ?? String(error))
}
