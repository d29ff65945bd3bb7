import type { MessagePort } from 'node:worker_threads'
import { openWithClone } from '../housekeeping/clone-database.ts'
import { openWriter } from '../open/open-writer.ts'
import type { BackupTasks } from '../repair/backup-task.ts'
import type { ThreadOptions } from '../wire/protocol.ts'
import type { ThreadControl } from '../wire/thread-control.ts'
import { HousekeepingService } from './housekeeping-service.ts'
import { Session } from './session.ts'

/**
 * Opens the connection that writes on this thread.
 *
 * @param migrations the names of those that the app has.
 * @param housekeeping the thread's end of the housekeeping port.
 * @param tasks how the long work on files is done.
 * @throws everything that `openWriter` throws.
 */
export function openWriterSession(
  options: Omit<ThreadOptions, 'control'>,
  migrations: readonly string[],
  control: ThreadControl,
  housekeeping: MessagePort,
  tasks: BackupTasks,
): Session {
  const writer = openWithClone(() => openWriter({ ...options, migrations }), migrations, options.cloneTo)
  try {
    const service = new HousekeepingService(writer, housekeeping, tasks)
    return new Session(writer.connection, control, options, service)
  } catch (error) {
    writer.connection.close()
    throw error
  }
}
