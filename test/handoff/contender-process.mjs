// A contender in a process of its own, that hands its launch over in the face of its own impatience:
// `contender-process.mjs OWNER_AS_JSON LAUNCH_AS_JSON TRIES`. It gives up TRIES times within milliseconds and then
// stays. It prints the reply.
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const built = resolve(import.meta.dirname, '../../dist/main/handoff/client.js')
/** @type {typeof import('../../src/main/handoff/client.ts')} */
const { handOver } = await import(pathToFileURL(built).href)
const [owner, launch, tries] = process.argv.slice(2).map((argument) => JSON.parse(argument))
for (let attempt = 0; attempt < tries; attempt++) {
  const signal = AbortSignal.timeout(1 + Math.floor(Math.random() * 20))
  await handOver(owner, launch, { signal }).catch(() => undefined)
}
console.log(JSON.stringify(await handOver(owner, launch, { patience: 20_000 })))
