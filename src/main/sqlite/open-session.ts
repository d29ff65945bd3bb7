import type { MessagePort } from 'node:worker_threads'
import type { BackupTasks } from './backup-task.ts'
import { openWithClone } from './clone-database.ts'
import { HousekeepingService } from './housekeeping-service.ts'
import { openReaderConnection } from './open-connection.ts'
import { openWriter } from './open-writer.ts'
import type { ThreadOptions } from './protocol.ts'
import { Session } from './session.ts'
import type { ThreadControl } from './thread-control.ts'

/**
 * Opens a connection on this thread.
 *
 * @param housekeeping the thread's end of the housekeeping port; undefined for a reader.
 * @param tasks how the long work on files is done.
 * @throws everything that `openWriter` and `openReaderConnection` throw.
 */
export function openSession(
  options: Omit<ThreadOptions, 'control'>,
  control: ThreadControl,
  housekeeping: MessagePort | undefined,
  tasks: BackupTasks,
): Session {
  const { path, migrations, trustedSchema, cloneTo } = options
  if (migrations === undefined || !housekeeping)
    return new Session(openReaderConnection(path, trustedSchema), control, options)
  const writer = openWithClone(() => openWriter({ ...options, migrations }), migrations, cloneTo)
  try {
    const service = new HousekeepingService(writer, housekeeping, tasks)
    return new Session(writer.connection, control, options, service)
  } catch (error) {
    writer.connection.close()
    throw error
  }
}
