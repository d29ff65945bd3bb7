import { openSync } from 'node:fs'
import { flockSync } from 'fs-ext'
import { optionsOf } from './options.ts'
import { untilAsked } from './until-asked.ts'

flockSync(openSync(optionsOf('stranger').path, 'r+'), 'exnb')
console.log('held')
await untilAsked()
