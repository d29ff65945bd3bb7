import { parentPort, workerData } from 'node:worker_threads'
import { Listener } from './listener.ts'
import { MainThreadProbe } from './main-thread-probe.ts'
import { OwnerAnswers } from './owner-answers.ts'
import type { MainMessage, ThreadMessage, ThreadStart } from './thread-messages.ts'

/** The code of the hand-off thread: it answers contenders, and does nothing else. */
function main(start: ThreadStart, port: NonNullable<typeof parentPort>): void {
  const post = (message: ThreadMessage) => port.postMessage(message)
  const probe = new MainThreadProbe(() => post({ type: 'ping' }))
  const answers = new OwnerAnswers(start, probe, post)
  const listener = new Listener(start, (...question) => answers.answer(...question))
  post({ type: 'listening' })
  port.on('message', (message: MainMessage) => {
    switch (message.type) {
      case 'pong':
        return probe.answered()
      case 'done':
        return answers.done(message.number, message.answer)
      case 'activity':
        return answers.setActivity(message.activity)
      case 'leave-socket-file':
        return listener.leaveSocketFile()
      case 'close':
        answers.setActivity({ state: 'quitting' })
        // Then only the port keeps the thread alive.
        return listener.close(() => port.close())
    }
  })
}

if (parentPort) main(workerData as ThreadStart, parentPort)
