import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'
import { askStatus } from '../../src/main/handoff/client.ts'
import { HandoffError } from '../../src/main/handoff/messages/errors.ts'
import type { Launch, OwnerActivity, OwnerStatus } from '../../src/main/handoff/messages/protocol.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** What an owner process can be told to do. */
export interface OwnerCommands {
  publish: OwnerActivity
  /** The file its main thread is blocked without. */
  block: string
  /** Milliseconds it takes over a launch. */
  launchTime: number
  killThread: true
  killLastThread: true
  loseLock: true
  close: true
}

interface Said {
  readonly launch?: Launch
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
  #unblock: (() => Promise<void>) | undefined

  /**
   * Starts one, in the state `starting`, and waits until it listens.
   *
   * @param dist the built package that it runs. Default this project's own.
   */
  static async start(dir = temporaryDirectory(), ...dist: [] | [string]): Promise<OwnerProcess> {
    const script = resolve(import.meta.dirname, 'owner-process.mjs')
    const child = spawn(process.execPath, [script, dir, ...dist], { stdio: ['pipe', 'pipe', 'inherit'] })
    onTestFinished(() => {
      child.kill('SIGKILL')
    })
    const said: Said[] = []
    const listeners = new Set<() => void>()
    createInterface({ input: child.stdout }).on('line', (line) => {
      // SIGKILL may cut the last line off.
      if (!line.endsWith('}')) return
      said.push(JSON.parse(line))
      for (const listener of listeners) listener()
    })
    const owner = new OwnerProcess(child, said, listeners)
    const { endpoint, token, pid } = await owner.says((fact) => fact.endpoint !== undefined)
    Object.assign(owner, { endpoint, token, pid })
    await owner.status()
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

  /** The launches it was given up to now. It must not be blocked. */
  async launches(): Promise<Launch[]> {
    await this.catchUp()
    return this.said.flatMap(({ launch }) => launch ?? [])
  }

  /** Waits until its main thread has seen all that its server thread sent it, and has said what it had to say. */
  async catchUp(): Promise<void> {
    await this.awake()
    await this.does({})
  }

  /** What it answers, however long it takes to. */
  async status(isWanted: (status: OwnerStatus) => boolean = () => true): Promise<OwnerStatus> {
    for (;;) {
      try {
        const status = await askStatus(this)
        if (isWanted(status)) return status
      } catch (error) {
        // On a busy machine a thread may take longer to start, or to answer, than a contender waits.
        if (!(error instanceof HandoffError)) throw error
      }
    }
  }

  /** The same, once its main thread answers in time. */
  awake(): Promise<OwnerStatus> {
    return this.status(({ silentFor }) => silentFor === 0)
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

  /**
   * Blocks its main thread and waits until it is blocked.
   *
   * @param then what it does when it is unblocked, before it looks at anything that came in meanwhile.
   */
  async blocks(then: Partial<OwnerCommands> = {}): Promise<void> {
    const before = this.said.length
    const file = join(temporaryDirectory(), 'go-on')
    const done = this.does({ block: file, ...then })
    this.#unblock = () => {
      writeFileSync(file, '')
      return done
    }
    await this.says((fact) => fact.blocked === true && this.said.indexOf(fact) >= before)
  }

  /** Unblocks its main thread, and waits until it has done what it was to do then. */
  async unblocks(): Promise<void> {
    await this.#unblock?.()
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  async dies(): Promise<void> {
    this.#child.kill('SIGKILL')
    await once(this.#child, 'exit')
  }
}
