// A process that claims a data directory and a workspace, and then does what it reads from its standard input. It prints
// what happens as lines of JSON.
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Claim, claim, HeldElsewhereError, StoreLostError } from 'electron-datadir/node'
import { type Generated, type Insertable, sql } from 'kysely'
import { openWorkspace, type Workspace } from '../../examples/postgres/open-workspace.ts'

interface Schema {
  line: { id: Generated<number>; generation: number; writer: string }
}

/** How a process waits for the workspace: tries again, waits only for the owner's NOTIFY, or gives up. */
const waits = {
  retry: (error: HeldElsewhereError) => Promise.race([error.released, sleep(100)]).then(() => true),
  notify: (error: HeldElsewhereError) => Promise.resolve(error.released).then(() => true),
  never: async () => false,
}

const [dir = '', url = '', workspace = '', app = '', silence, wait = ''] = process.argv.slice(2)
const say = (facts: object) => console.log(JSON.stringify(facts))
const open = openWorkspace<Schema>({ url, workspace, app, silence: Number(silence) })

async function claimOrWait(): Promise<Claim<unknown, Workspace<Schema>> | undefined> {
  for (;;) {
    try {
      return await claim({ dir, open, onLaunch: async () => 'in-background' })
    } catch (error) {
      if (!(error instanceof HeldElsewhereError)) throw error
      say({ heldBy: error.owner, message: error.message })
      if (!(await waits[wait as keyof typeof waits](error))) return undefined
    }
  }
}

async function work({ store, lost, close }: Claim<unknown, Workspace<Schema>>): Promise<void> {
  say({ generation: store.generation })
  lost?.addEventListener('abort', () => {
    const { reason } = lost
    say({ lost: reason instanceof StoreLostError ? reason.code : String(reason), message: reason.message })
  })
  const line: Insertable<Schema['line']> = { generation: store.generation, writer: app }
  const sayResult = async (writing: Promise<{ id: number }>) => {
    try {
      say({ written: Number((await writing).id) })
    } catch (error) {
      say({ refused: error instanceof Error ? error.message : String(error) })
    }
  }
  const write = () =>
    sayResult(
      store.write((transaction) =>
        transaction.insertInto('line').values(line).returning('id').executeTakeFirstOrThrow(),
      ),
    )
  for await (const command of createInterface({ input: process.stdin })) {
    if (command === 'write') await write()
    // A failed write is tried again, as an app with much to do does.
    if (command === 'write on') while (!lost?.aborted) await write()
    if (command === 'write slowly')
      await store.write((transaction) => sql`select pg_sleep(3600)`.execute(transaction))
    if (command === 'write through db')
      await sayResult(store.db.insertInto('line').values(line).returning('id').executeTakeFirstOrThrow())
    if (command === 'close') break
  }
  await close()
  say({ closed: true })
}

// A process that waits only for a NOTIFY has nothing else that keeps it alive.
const alive = setInterval(() => undefined, 60_000)
const claimed = await claimOrWait()
if (claimed) await work(claimed)
clearInterval(alive)
process.stdin.destroy()
