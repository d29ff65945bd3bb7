import { setTimeout as sleep } from 'node:timers/promises'
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads'
import { HandoffError } from '../../handoff/messages/errors.ts'
import { ThreadFileMissingError } from '../../runtime/errors.ts'
import { threadFile } from '../../runtime/thread-file.ts'
import type { HeldNote } from '../words/held-text.ts'
import type { Contender } from './contender.ts'
import type { HandOverAnswer, HandOverTask } from './hand-over-thread.ts'
import { caseOfStatus } from './owner-facts.ts'
import { closingPatience } from './owner-watch.ts'

/** How long the owner may take to show its window before it must say whether it has the launch, in milliseconds. */
const showPatience = 2_500
/** How long this thread may be blocked, in milliseconds. */
const longestBlock = 2_500
/** Between two looks at an owner that has the launch, in milliseconds. */
const pause = 200

/**
 * What one reply means for the user of a contender. `handed-over`: the app of the owner has the launch. `waiting`: the
 * owner has it but is not ready, and forgets the launch if it does not become ready. Otherwise the note for the dialog;
 * undefined if the next look at the owner gives the reason.
 */
export type HandOverResult = 'handed-over' | 'waiting' | HeldNote | undefined

/** `handed-over` if the app of the owner has the launch, `free` if this process has the lock, otherwise the note. */
export type Delivery = 'handed-over' | 'free' | HeldNote | undefined

export interface DeliverOptions {
  /** The result of a hand-over that was already tried. */
  readonly tried?: HandOverResult
  /**
   * Waits on while the owner asks its user something. Otherwise a question ends the wait, because the user of this
   * process may not see it.
   */
  readonly throughQuestions?: boolean
}

/**
 * Hands the launch over and waits until the owner's app has it. An owner that is not ready yet may fail to open its data,
 * and then forgets the launch. This process still has it, and gets the lock.
 */
export async function deliverLaunch(
  contender: Contender,
  { tried, throughQuestions = false }: DeliverOptions = {},
): Promise<Delivery> {
  const { watch } = contender
  const first = tried ?? (await handOverOnce(contender))
  // Without a result the owner is about to end, or has just ended.
  if (first !== 'waiting' && first !== undefined) return first
  for (;;) {
    await watch.look()
    if (watch.lock) return 'free'
    switch (watch.now.kind) {
      case 'answering': {
        // The owner recognizes the launch by its id, and its reply says what has become of it.
        const result = await handOverOnce(contender)
        if (result !== 'waiting') return result
        break
      }
      case 'starting':
      case 'migrating':
        break
      case 'asking':
        if (!throughQuestions) return undefined
        break
      case 'quitting':
        return (await watch.waitWhileClosing(performance.now() + closingPatience)) ? 'free' : undefined
      case 'silent':
        return 'noAnswer'
      case 'no-server':
        return undefined
    }
    await sleep(pause)
  }
}

async function handOverOnce({ watch, launches }: Contender): Promise<HandOverResult> {
  // Not needed by a process that gets the lock, and loaded once.
  const { handOverAll } = await import('../../handoff/client.ts')
  try {
    return resultOf(await handOverAll(watch.reachable, launches(), { patience: showPatience }))
  } catch (error) {
    if (!(error instanceof HandoffError)) throw error
    if (error.failure === 'too-big') {
      console.error(error.message)
      return 'tooBig'
    }
    if (['gone', 'no-endpoint', 'not-trusted'].includes(error.failure)) return undefined
    return error.failure === 'no-answer' ? 'noAnswer' : 'unreachable'
  }
}

/**
 * Hands the launch over in another thread while this one is blocked. Until Electron is about to be `ready`, it does not
 * run Node's event loop, and a process that waits for it ends later than one that ends at once.
 *
 * @returns undefined if there is no reply. {@link deliverLaunch} may then try again: to the owner it is the same launch.
 */
export function handOverAtOnce({ watch, launches }: Contender): HandOverAnswer | undefined {
  const owner = watch.reachable
  if (owner.endpoint === undefined) return undefined
  const { port1, port2 } = new MessageChannel()
  const done = new Int32Array(new SharedArrayBuffer(4))
  const workerData: HandOverTask = { owner, launches: launches(), done, answer: port2 }
  let thread: Worker
  try {
    const file = threadFile(new URL('./hand-over-thread.js', import.meta.url))
    thread = new Worker(file, { workerData, transferList: [port2] })
  } catch (error) {
    if (error instanceof ThreadFileMissingError) return undefined
    throw error
  }
  // It ends with this process, or as soon as it has answered.
  thread.on('error', () => undefined).unref()
  // Closing the connection takes back what the owner's app does not have yet: it is not delivered after the user was told
  // that it was not.
  if (Atomics.wait(done, 0, 0, longestBlock) === 'timed-out') void thread.terminate()
  const reply = receiveMessageOnPort(port1)?.message as HandOverAnswer | undefined
  port1.close()
  return reply
}

/**
 * Returns what a reply means. A launch in the queue of an owner that shows no sign of life may stay there for ever: the
 * user sees that, and may hand it over again, because to the owner it is the same launch.
 */
export function resultOf(reply: HandOverAnswer | undefined): HandOverResult {
  switch (reply?.type) {
    case undefined:
      return undefined
    case 'launched':
      return reply.outcome === 'in-background' ? 'noWindow' : 'handed-over'
    case 'queued':
      if (caseOfStatus(reply.status).kind === 'silent') return 'noAnswer'
      return reply.status.state === 'ready' ? 'handed-over' : 'waiting'
    case 'busy':
      return reply.status.state === 'quitting' ? undefined : 'noAnswer'
    case 'refused':
      return { refused: reply.reason }
    case 'not-sent':
      return 'tooBig'
  }
}
