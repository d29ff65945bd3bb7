// An owner's side of the hand-off in a process of its own: `owner-process.mjs DIR [DIST]`. It says where it listens,
// then what it is given, one JSON a line, and does what its standard input says.
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import workerThreads from 'node:worker_threads'

/** @param {object} fact */
const say = (fact) => console.log(JSON.stringify(fact))

/** @type {import('node:worker_threads').Worker | undefined} the server thread that was started last */
let thread
const { Worker } = workerThreads
workerThreads.Worker = class extends Worker {
  /** @param {ConstructorParameters<typeof Worker>} args */
  constructor(...args) {
    super(...args)
    say({ thread: 'started' })
    thread = this
  }
}
syncBuiltinESMExports()

const dist = process.argv[3] ?? resolve(import.meta.dirname, '../../dist')
/** @param {string} file */
const load = (file) => import(pathToFileURL(resolve(dist, 'main/handoff', file)).href)
/** @type {typeof import('../../src/main/handoff/owner/handoff-server.ts')} */
const { HandoffServer } = await load('owner/handoff-server.js')
/** @type {typeof import('../../src/main/handoff/owner/launch-queue.ts')} */
const { LaunchQueue } = await load('owner/launch-queue.js')
/** @type {typeof import('../../src/main/handoff/endpoint/endpoint.ts')} */
const { createEndpoint } = await load('endpoint/endpoint.js')

const endpoint = createEndpoint(process.argv[2] ?? '', 'app')
let launchTime = 0
const launches = new LaunchQueue(async (launch) => {
  say({ launch })
  await pause(launchTime)
  if (launch.argv[0] === '--fail') throw new Error('no room')
  return 'focused'
})
const lockLost = new AbortController()
const server = new HandoffServer({
  endpoint,
  token: 'secret',
  owner: { app: 'Owner', version: '1.2.3' },
  onLaunch: (launch) => launches.add(launch),
  lockLost: lockLost.signal,
  onEnd: () => say({ ended: true }),
})

/** @type {Record<string, (value: any) => unknown>} */
const commands = {
  publish: (activity) => {
    server.publish(activity)
    if (activity.state === 'ready') launches.open()
    if (activity.state === 'quitting') launches.close()
  },
  block: (file) => {
    say({ blocked: true })
    const never = new Int32Array(new SharedArrayBuffer(4))
    while (!existsSync(file)) Atomics.wait(never, 0, 0, 5)
  },
  launchTime: (milliseconds) => {
    launchTime = milliseconds
  },
  killThread: async () => {
    const victim = thread
    await victim?.terminate()
    while (thread === victim) await pause(10)
  },
  killLastThread: () => thread?.terminate(),
  loseLock: () => lockLost.abort(),
  close: () => server.close(),
}
say({ endpoint: endpoint.path, token: 'secret', pid: process.pid })
const lines = createInterface({ input: process.stdin })
lines.on('line', async (line) => {
  for (const [command, value] of Object.entries(JSON.parse(line))) await commands[command]?.(value)
  say({ done: line })
})
await once(lines, 'close')
await server.close()
