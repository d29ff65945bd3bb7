import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads'
import { ThreadFileMissingError } from '../../runtime/errors.ts'
import { threadFile } from '../../runtime/thread-file.ts'
import type { Contention } from './contention.ts'
import type { HandOverAnswer, HandOverTask } from './hand-over-thread.ts'

/** How long the owner may take before it must say whether it has taken the launch, in milliseconds. */
const patience = 1_500
/** How long this process may stand still for it, in milliseconds. */
const longestWait = 2_500

/**
 * Hands the launch over in another thread while this one stands still. What Node does in its loop Electron lets
 * happen only when it is about to be `ready`, and ending then takes longer than ending at once.
 *
 * @returns undefined when nothing came of it: then it can be tried again in the ordinary way, since to the owner it
 * is the same launch.
 */
export function handOverAtOnce({ watch, launches }: Contention): HandOverAnswer | undefined {
  const owner = watch.reachable
  if (owner.endpoint === undefined) return undefined
  const { port1, port2 } = new MessageChannel()
  const done = new Int32Array(new SharedArrayBuffer(4))
  const task: HandOverTask = {
    owner,
    launches: launches(),
    patience,
    done,
    answer: port2,
  }
  let thread: Worker
  try {
    const file = threadFile(new URL('./hand-over-thread.js', import.meta.url))
    thread = new Worker(file, { workerData: task, transferList: [port2] })
  } catch (error) {
    if (error instanceof ThreadFileMissingError) return undefined
    throw error
  }
  // It ends with this process, or as soon as it has answered: nobody has to hear what becomes of it.
  thread.on('error', () => undefined).unref()
  // Hanging up takes back what the app does not have in hand yet: it is not delivered after the user was told that it
  // was not.
  if (Atomics.wait(done, 0, 0, longestWait) === 'timed-out') void thread.terminate()
  const reply = receiveMessageOnPort(port1)?.message as HandOverAnswer | undefined
  port1.close()
  return reply
}
