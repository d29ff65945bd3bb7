import type { MessagePort } from 'node:worker_threads'
import { Connector } from '../open/connector.ts'
import { openReaderConnection } from '../open/open-connection.ts'
import { closingOnFailure } from '../open/with-connection.ts'
import type { FileTasks } from '../repair/file-tasks.ts'
import type { ThreadOptions } from '../wire/protocol.ts'
import type { ThreadControl } from '../wire/thread-control.ts'
import { Session } from './session.ts'

/**
 * Opens a connection on this thread.
 *
 * @param housekeeping the thread's end of the housekeeping port; undefined for a reader.
 * @param tasks how the long work on files is done.
 * @throws everything that `openWriter` and `openReaderConnection` throw.
 */
export async function openSession(
  options: Omit<ThreadOptions, 'control'>,
  control: ThreadControl,
  housekeeping: MessagePort | undefined,
  tasks: (connector: Connector) => FileTasks | Promise<FileTasks>,
): Promise<Session> {
  const { path, migrations, fileId } = options
  const connector = await Connector.load(options.setup)
  if (migrations === undefined || !housekeeping)
    return closingOnFailure(
      openReaderConnection(connector, path, fileId),
      (connection) => new Session(connection, control, options),
    )
  // The threads that only read start without this code, which makes their start a quarter shorter.
  const { openWithHousekeeping } = await import('./housekeeping-service.ts')
  return openWithHousekeeping(
    { ...options, connector },
    migrations,
    housekeeping,
    await tasks(connector),
    (service) => new Session(service.connection, control, options, service),
  )
}
