// @ts-check
// A test that runs inside Electron's main process: it uses the kit as it is built and says what it saw.
import { env } from 'node:process'
import { app } from 'electron'

const { startContenders, startHolder, waitUntilFree } = await import(env.KIT_URL ?? '')
const holder = await startHolder({ dir: env.KIT_DIR, app: 'Kit' })
await holder.stop()
await holder.kill()
await waitUntilFree(holder)
const contenders = await startContenders(3, { dir: env.KIT_DIR })
const { winners, refused } = await contenders.race()
await contenders[Symbol.asyncDispose]()
process.stdout.write(`${JSON.stringify({ winners: winners.length, refused: refused.length })}\n`)
app.exit(0)
