import { once } from 'node:events'
import { parentPort, Worker } from 'node:worker_threads'
import type { Backup } from './backup-folder.ts'
import { type BackupTask, type BackupTasks, inlineBackupTasks } from './backup-task.ts'
import { type CarriedError, carried, revived } from './carried-error.ts'
import type { Restored } from './restore.ts'

type Outcome = { readonly result: unknown } | { readonly error: CarriedError }

/**
 * The tasks, each in a thread of its own that ends with it.
 *
 * @param file the code of a database thread. Both sides of it start such threads, and a bundler puts what both use
 * where it likes: only they know where it is.
 */
export function threadedBackupTasks(file: () => URL): BackupTasks {
  const run = (backupTask: BackupTask['backupTask'], path: string) =>
    runInThread(file(), { backupTask, path })
  return {
    seal: async (path) => void (await run('seal', path)),
    newest: async (path) => (await run('newest', path)) as Backup | undefined,
    restore: async (path) => (await run('restore', path)) as Restored,
  }
}

async function runInThread(file: URL, task: BackupTask): Promise<unknown> {
  const worker = new Worker(file, { name: `backup ${task.backupTask}`, workerData: task, execArgv: [] })
  const ended = once(worker, 'exit').then(() => {
    throw new Error(`the thread for ${task.backupTask} ended without an answer`)
  })
  // It ends after its answer too, when nobody listens any more.
  ended.catch(() => undefined)
  const [outcome] = (await Promise.race([once(worker, 'message'), ended])) as [Outcome]
  if ('error' in outcome) throw revived(outcome.error)
  return outcome.result
}

/** What the thread does: its one task. */
export async function runBackupTask({ backupTask, path }: BackupTask): Promise<void> {
  try {
    parentPort?.postMessage({ result: await inlineBackupTasks[backupTask](path) } satisfies Outcome)
  } catch (error) {
    parentPort?.postMessage({ error: carried(error) } satisfies Outcome)
  }
}
