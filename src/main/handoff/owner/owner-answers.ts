import {
  type HandoffRequest,
  type LaunchReply,
  type LaunchRequest,
  type OwnerActivity,
  type Reply,
  refusal,
  protocolVersion as v,
} from '../messages/protocol.ts'
import type { MainThreadProbe } from './main-thread-probe.ts'
import {
  type LaunchAnswer,
  newLaunchState,
  type ThreadMessage,
  type ThreadStart,
  tryWithdraw,
} from './thread-messages.ts'

/** The largest number of launches that wait for the main thread or that the app handles at a time. */
const launchLimit = 64
/** What the requests for them may have together, in bytes. Their contenders may have left. */
const launchBytes = 8 * 2 ** 20
/** The time between two pings while a contender waits, in milliseconds: the main thread may fall silent meanwhile. */
const pingMilliseconds = 1_000

/** What ends the wait for the main thread. */
type Ending = LaunchAnswer | 'out-of-patience' | 'hung-up' | 'quitting'

/** Answers requests for the owner. Runs in the hand-off thread. */
export class OwnerAnswers {
  readonly #owner: ThreadStart['owner']
  readonly #probe: MainThreadProbe
  readonly #post: (message: ThreadMessage) => void
  readonly #waiting = new Map<number, (ending: Ending) => void>()
  /** The bytes of each request, by the number of its launch. */
  readonly #underWay = new Map<number, number>()
  #activity: OwnerActivity
  #number = 0

  constructor(start: ThreadStart, probe: MainThreadProbe, post: (message: ThreadMessage) => void) {
    this.#owner = start.owner
    this.#activity = start.activity
    this.#probe = probe
    this.#post = post
  }

  setActivity(activity: OwnerActivity): void {
    this.#activity = activity
    if (activity.state !== 'quitting') return
    for (const end of this.#waiting.values()) end('quitting')
  }

  /** The main thread is done with a launch. */
  done(number: number, answer: LaunchAnswer | undefined): void {
    this.#underWay.delete(number)
    if (answer) this.#waiting.get(number)?.(answer)
  }

  /**
   * @param bytes the size of the request.
   * @param hungUp aborts when the contender leaves.
   */
  async answer(request: HandoffRequest, bytes: number, hungUp: AbortSignal): Promise<Reply> {
    return request.type === 'launch' ? this.#pass(request, bytes, hungUp) : this.#reply('status')
  }

  /** Passes a launch to the main thread, and waits for the answer as long as the contender does. */
  async #pass({ launch, patience }: LaunchRequest, bytes: number, hungUp: AbortSignal): Promise<LaunchReply> {
    if (this.#activity.state === 'quitting' || hungUp.aborted) return this.#reply('busy')
    if (!this.#hasRoomFor(bytes)) return refusal('queue-full', 'too many requests are waiting already')
    const number = ++this.#number
    const state = newLaunchState()
    const ended = this.#ending(number, patience, hungUp)
    this.#underWay.set(number, bytes)
    this.#post({ type: 'launch', number, launch, state })
    const ending = await ended
    if (typeof ending === 'object') return { v, ...ending }
    const isKept = ending === 'out-of-patience' && this.#isOpening
    if (!isKept && (tryWithdraw(state) || ending === 'quitting')) return this.#reply('busy')
    return this.#reply('queued')
  }

  #hasRoomFor(bytes: number): boolean {
    const all = [...this.#underWay.values(), bytes]
    return all.length <= launchLimit && all.reduce((sum, one) => sum + one) <= launchBytes
  }

  /** A main thread that is silent while it opens or migrates the database takes the launch when it is done. */
  get #isOpening(): boolean {
    return this.#activity.state === 'starting' || this.#activity.state === 'migrating'
  }

  #ending(number: number, patience: number, hungUp: AbortSignal): Promise<Ending> {
    return new Promise((resolve) => {
      const end = (ending: Ending) => {
        clearTimeout(timer)
        clearInterval(pings)
        this.#waiting.delete(number)
        resolve(ending)
      }
      // A main thread that answers this ping has taken the launch before, even if the patience was too short for that.
      const giveUp = () => this.#probe.silentFor().then(() => end('out-of-patience'))
      const timer = setTimeout(giveUp, patience)
      const pings = setInterval(() => this.#probe.ping(), pingMilliseconds)
      hungUp.addEventListener('abort', () => end('hung-up'))
      this.#waiting.set(number, end)
    })
  }

  async #reply<Type extends 'status' | 'queued' | 'busy'>(type: Type) {
    const silentFor = await this.#probe.silentFor()
    return { v, type, status: { ...this.#activity, silentFor, ...this.#owner } }
  }
}
