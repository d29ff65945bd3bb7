import { type MessagePort, workerData } from 'node:worker_threads'
import { betterSqlite3 } from '../../runtime/better-sqlite3.ts'
import { notWanted } from '../open/open-connection.ts'
import type { FileTask } from '../repair/file-tasks.ts'
import { carried } from '../wire/carried-error.ts'
import { movable } from '../wire/cells.ts'
import {
  type Answer,
  AnswerType,
  type Column,
  type MayOpen,
  messageBytes,
  type Opened,
  type Request,
  RequestType,
  type ThreadOptions,
} from '../wire/protocol.ts'
import { ThreadControl } from '../wire/thread-control.ts'
import { runFileTask, threadedFileTasks } from './file-task-thread.ts'
import { openSession } from './open-session.ts'
import type { Session } from './session.ts'

interface ThreadData extends ThreadOptions {
  /** True if the thread opens its connection only when a message allows it. */
  readonly waits: boolean
  readonly port: MessagePort
  readonly housekeeping: MessagePort | undefined
}

const ownFile = () => new URL(import.meta.url)

/**
 * Opens this thread's connection and answers requests on it. It does not end by itself: an answer that is on its way
 * when a thread ends may be lost, so the main thread ends it after it has received the last one.
 */
async function serve({ port, housekeeping, ...options }: ThreadData): Promise<void> {
  let session: Session
  try {
    const control = new ThreadControl(options.control)
    session = await openSession(options, control, housekeeping, () =>
      threadedFileTasks(ownFile, options.setup),
    )
  } catch (error) {
    reportFailure(port, error)
    return
  }
  port.on('message', (requests: readonly Request[]) => {
    let answers: Answer[] = []
    let bytes = 0
    const flush = () => {
      session.service?.guard.noteChanges()
      send(port, answers)
      answers = []
      bytes = 0
    }
    for (const request of requests) {
      if (answers.length > 0 && !isQuick(session, request)) flush()
      const answer = session.answer(request)
      if (answers.length > 0 && bytes + session.statements.answerBytes > messageBytes) flush()
      answers.push(answer)
      bytes += session.statements.answerBytes
    }
    flush()
    session.service?.housekeeping.touch()
  })
  port.postMessage({
    opened: true,
    fileId: session.service?.guard.fileId,
    hasWal: session.hasWal,
  } satisfies Opened)
}

/** True if a request will likely take no time. Then the answers before it can wait for its own. */
function isQuick({ statements }: Session, request: Request): boolean {
  return request[0] === RequestType.run && statements.isQuick(request[4])
}

/** Loads the code that opening needs, which takes longer than opening itself. Then waits for a message. */
function serveWhenWanted(data: ThreadData): void {
  try {
    ;new (betterSqlite3(data.setup.driver))(':memory:').close()
  } catch {
    // Opening will fail in the same way and report the error.
  }
  data.port.once('message', (mayOpen: MayOpen) => {
    if (mayOpen) void serve({ ...data, ...mayOpen })
    else reportFailure(data.port, notWanted())
  })
}

function reportFailure(port: MessagePort, error: unknown): void {
  port.postMessage({ opened: false, error: carried(error) } satisfies Opened)
  // The thread lives until it is ended: a message that is on its way when a thread ends may be lost.
  port.ref()
}

function send(port: MessagePort, answers: readonly Answer[]): void {
  port.postMessage(answers, answers.flatMap(buffersOf))
}

function buffersOf(answer: Answer): ArrayBuffer[] {
  if (answer[0] === AnswerType.rows) return movable(answer[5] as readonly Column[])
  return answer[0] === AnswerType.batch ? answer[3].flatMap(buffersOf) : []
}

const data = workerData as ThreadData | FileTask
if ('fileTask' in data) void runFileTask(data)
else if (data.waits) serveWhenWanted(data)
else void serve(data)
