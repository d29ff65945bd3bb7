import { setTimeout as sleep } from 'node:timers/promises'
import { acquireDataDirLock } from '../../src/main/lock/data-dir-lock.ts'
import { optionsOf } from './options.ts'
import { untilAsked } from './until-asked.ts'

const lock = acquireDataDirLock(optionsOf('publisher'))
let isAsked = false
void untilAsked().then(() => {
  isAsked = true
})
console.log('held')
for (let count = 0; !isAsked; count++) {
  lock.publish({ token: String(count) })
  await sleep(1)
}
lock.release()
