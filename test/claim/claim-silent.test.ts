import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { runLockScript } from '../support/lock-script.ts'
import { startHolder } from '../support/processes.ts'
import { mountSilent } from '../support/silent-mount.ts'
import { skip } from '../support/skip.ts'

const built = pathToFileURL(resolve(import.meta.dirname, '../../dist/main/claim/claim.js')).href

/** An owner that writes rows, and closes when the test says so. */
const owner = `
  const { claim } = await import(${JSON.stringify(built)})
  let ticks = 0
  setInterval(() => ticks++, 20)
  const { pool, close, lost } = await claim({
    dir,
    filesystem: 'allow',
    onWarning: ({ code }) => say({ code, ticks }),
    onLaunch: async () => 'focused',
    migrations: { 1: { up: (db) => db.schema.createTable('note').addColumn('text', 'text').execute() } },
  })
  let rows = 0
  const write = () => pool.db.insertInto('note').values({ text: 'a' }).execute().then(() => rows++)
  await write()
  const doing = {
    write: () => void write(),
    rows: () => say({ rows, isLost: lost.aborted }),
    async close() {
      write().catch(() => undefined)
      await close()
      say({ closed: true })
    },
  }
  process.stdin.on('data', (word) => doing[word]())
  say({ held: true })`

test('an owner goes on after an outage of its filesystem, with every row', async (ctx) => {
  const mount = await mountSilent()
  if ('missing' in mount) skip(ctx, mount.missing)
  const { next, tell } = await runLockScript(mount.dir, owner)
  mount.stopAnswering()
  tell('write')
  for (;;) if ((await next()).code === 'DATADIR_NOT_CHECKED') break
  mount.answerAgain()
  await expect
    .poll(async () => {
      tell('rows')
      return next()
    })
    .toEqual({ rows: 2, isLost: false })
  tell('close')
  expect(await next()).toEqual({ closed: true })
  expect((await startHolder({ dir: mount.dir })).said).toBe('held')
})

test('a claim is closed in time while its filesystem does not answer', async (ctx) => {
  const mount = await mountSilent()
  if ('missing' in mount) skip(ctx, mount.missing)
  const { next, tell } = await runLockScript(mount.dir, owner)
  mount.stopAnswering()
  tell('close')
  const said = []
  for (;;) {
    const { code, closed } = await next()
    said.push(code ?? closed)
    if (closed) break
  }
  expect(said).toContain('DATADIR_NOT_CHECKED')
})
