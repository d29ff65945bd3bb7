import type { Socket } from 'node:net'
import { parentPort, workerData } from 'node:worker_threads'
import { Listener } from './listener.ts'
import { MainThreadProbe } from './main-thread-probe.ts'
import { OwnerDesk } from './owner-desk.ts'
import { receive } from './receive.ts'
import type { MainMessage, ThreadMessage, ThreadStart } from './thread-messages.ts'

/** The code of the server thread: it answers contenders, and has no part in anything else. */
function main(start: ThreadStart, port: NonNullable<typeof parentPort>): void {
  const post = (message: ThreadMessage) => port.postMessage(message)
  const probe = new MainThreadProbe(start.beat, () => post({ type: 'ping' }))
  const desk = new OwnerDesk(start, probe, post)
  const listener = new Listener(start.path, start.folder, (socket: Socket) => {
    void receive(socket, start.token, desk)
  })
  port.on('message', (message: MainMessage) => {
    switch (message.type) {
      case 'pong':
        return probe.answered()
      case 'dropped':
        return desk.dropped(message.number)
      case 'settled':
        return desk.settled(message.number, message.result)
      case 'activity':
        return desk.setActivity(message.activity)
      case 'leave-socket-file':
        return listener.stopWatching()
      case 'close':
        desk.setActivity({ state: 'quitting' })
        // Nothing but the port keeps the thread then.
        return listener.close(() => port.close())
    }
  })
}

if (parentPort) main(workerData as ThreadStart, parentPort)
