import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'
import { askStatus } from '../../src/main/handoff/client.ts'
import { HandoffError } from '../../src/main/handoff/errors.ts'
import type { Launch, OwnerActivity } from '../../src/main/handoff/protocol.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** What an owner process can be told to do. */
export interface OwnerCommands {
  publish: OwnerActivity
  /** Milliseconds its main thread spends in a busy loop. */
  block: number
  /** Milliseconds it takes over a launch. */
  launchTime: number
  agreesToQuit: boolean
  killThread: true
  killLastThread: true
  leaveSocketFile: true
  close: true
}

interface Said {
  readonly launch?: Launch
  readonly quitRequest?: true
  readonly blocked?: true
  readonly ended?: true
  readonly thread?: 'started'
  readonly done?: string
  readonly endpoint?: string
  readonly token?: string
  readonly pid?: number
}

/** A launch that asks for nothing but the window. */
export function launchOf(id: string): Launch {
  return { id, argv: [], cwd: '/', files: [], urls: [] }
}

/** The owner's side of the hand-off in a real second process. */
export class OwnerProcess {
  readonly endpoint: string
  readonly token: string
  readonly pid: number
  /** Everything it has said so far. */
  readonly said: Said[]
  readonly #child
  readonly #onSaid

  /** Starts one, in the state `starting`, and waits until it listens. */
  static async start(dir = temporaryDirectory()): Promise<OwnerProcess> {
    const script = resolve(import.meta.dirname, 'owner-process.mjs')
    const child = spawn(process.execPath, [script, dir], { stdio: ['pipe', 'pipe', 'inherit'] })
    onTestFinished(() => {
      child.kill('SIGKILL')
    })
    const said: Said[] = []
    const listeners = new Set<() => void>()
    createInterface({ input: child.stdout }).on('line', (line) => {
      said.push(JSON.parse(line))
      for (const listener of listeners) listener()
    })
    const owner = new OwnerProcess(child, said, listeners)
    const { endpoint, token, pid } = await owner.says((fact) => fact.endpoint !== undefined)
    Object.assign(owner, { endpoint, token, pid })
    await owner.#listens()
    return owner
  }

  /** Starts one that takes launches. */
  static async startReady(): Promise<OwnerProcess> {
    const owner = await OwnerProcess.start()
    await owner.does({ publish: { state: 'ready' } })
    return owner
  }

  private constructor(child: ReturnType<typeof spawn>, said: Said[], onSaid: Set<() => void>) {
    this.#child = child
    this.#onSaid = onSaid
    this.said = said
    this.endpoint = ''
    this.token = ''
    this.pid = 0
  }

  get launches(): Launch[] {
    return this.said.flatMap(({ launch }) => launch ?? [])
  }

  async #listens(): Promise<void> {
    for (;;) {
      try {
        await askStatus(this)
        return
      } catch (error) {
        // On a busy machine a thread may take longer to start than a contender waits.
        if (!(error instanceof HandoffError)) throw error
      }
    }
  }

  /** How many server threads it has started, of which all but the last have died. */
  get threads(): number {
    return this.said.filter(({ thread }) => thread === 'started').length
  }

  /** Waits until it has said something, or has said it already. */
  async says(what: (fact: Said) => boolean): Promise<Said> {
    for (;;) {
      const found = this.said.find(what)
      if (found) return found
      await new Promise<void>((resolve) => {
        const listener = () => {
          this.#onSaid.delete(listener)
          resolve()
        }
        this.#onSaid.add(listener)
      })
    }
  }

  tell(commands: Partial<OwnerCommands>): void {
    this.#child.stdin?.write(`${JSON.stringify(commands)}\n`)
  }

  /** Tells it to do something and waits until it has. */
  async does(commands: Partial<OwnerCommands>): Promise<void> {
    const before = this.said.length
    this.tell(commands)
    await this.says((fact) => fact.done !== undefined && this.said.indexOf(fact) >= before)
  }

  /** Blocks its main thread and waits until it is blocked. */
  blocks(milliseconds: number): Promise<void> {
    return this.blocksAnd(milliseconds, {})
  }

  /** The same, and what it does next, before it looks at anything that came in meanwhile. */
  async blocksAnd(milliseconds: number, commands: Partial<OwnerCommands>): Promise<void> {
    const before = this.said.length
    this.tell({ block: milliseconds, ...commands })
    await this.says((fact) => fact.blocked === true && this.said.indexOf(fact) >= before)
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  async dies(): Promise<void> {
    this.#child.kill('SIGKILL')
    await once(this.#child, 'exit')
  }
}
