import { once } from 'node:events'
import { parentPort, Worker } from 'node:worker_threads'
import type { BackupResult } from '../backup/check-backup.ts'
import type { Findings } from '../damage/find-damage.ts'
import type { Backup } from '../files/backup-files.ts'
import type { BackupTask, BackupTasks } from '../repair/backup-task.ts'
import type { Restored } from '../repair/restore.ts'
import { type CarriedError, carried, revived } from '../wire/carried-error.ts'

type Outcome = { readonly result: unknown } | { readonly error: CarriedError }

/**
 * The tasks, each in a thread of its own that ends with it.
 *
 * @param file the code of a database thread. Both sides of it start such threads, and a bundler puts what both use
 * where it likes: only they know where it is.
 */
export function threadedBackupTasks(file: () => URL): BackupTasks {
  const run = (backupTask: BackupTask['backupTask'], ...args: readonly unknown[]) =>
    runInThread(file(), { backupTask, args })
  const runUntil = (signal: AbortSignal, backupTask: BackupTask['backupTask'], ...args: readonly unknown[]) =>
    runInThread(file(), { backupTask, args }, signal)
  return {
    seal: async (path) => (await run('seal', path)) as BackupResult,
    finish: async (partial, to) => (await run('finish', partial, to)) as BackupResult,
    copy: async (path, to, fileId, signal) =>
      (await runUntil(signal, 'copy', path, to, fileId)) as BackupResult,
    newest: async (path, migrations) => (await run('newest', path, migrations)) as Backup | undefined,
    restore: async (path, backupPath) => (await run('restore', path, backupPath)) as Restored,
    sort: async (path) => (await run('sort', path)) as Findings['damage'],
    rebuild: async (path) => void (await run('rebuild', path)),
    foreignKeyFaults: async (path, tables, fileId) =>
      (await run('foreignKeyFaults', path, tables, fileId)) as number,
    setLogAside: async (path) => void (await run('setLogAside', path)),
    setAllAside: async (path) => void (await run('setAllAside', path)),
  }
}

async function runInThread(file: URL, task: BackupTask, signal?: AbortSignal): Promise<unknown> {
  signal?.throwIfAborted()
  const worker = new Worker(file, { name: `backup ${task.backupTask}`, workerData: task, execArgv: [] })
  const ended = once(worker, 'exit').then(() => {
    throw new Error(`the thread for ${task.backupTask} ended without an answer`)
  })
  // It ends after its answer too, when nobody listens any more.
  ended.catch(() => undefined)
  const abort = () => worker.postMessage('abort')
  signal?.addEventListener('abort', abort)
  const [outcome] = (await Promise.race([once(worker, 'message'), ended]).finally(() =>
    signal?.removeEventListener('abort', abort),
  )) as [Outcome]
  if ('error' in outcome) throw revived(outcome.error)
  return outcome.result
}

/** What the thread does: its one task. */
export async function runBackupTask({ backupTask, args }: BackupTask): Promise<void> {
  const canceling = new AbortController()
  parentPort?.once('message', () => canceling.abort())
  // The thread ends with its task.
  parentPort?.unref()
  try {
    // Every thread of a database loads this file, and only this one needs the code of the tasks.
    const { inlineBackupTasks } = await import('../repair/backup-task.ts')
    const run = inlineBackupTasks[backupTask] as (...args: readonly unknown[]) => Promise<unknown>
    parentPort?.postMessage({ result: await run(...args, canceling.signal) } satisfies Outcome)
  } catch (error) {
    parentPort?.postMessage({ error: carried(error) } satisfies Outcome)
  }
}
