import { once } from 'node:events'
import { parentPort, Worker } from 'node:worker_threads'
import type { ConnectionSetup } from '../../runtime/connection-setup.ts'
import type { BackupResult } from '../backup/check-backup.ts'
import { Connector } from '../open/connector.ts'
import type { FileTask, FileTasks } from '../repair/file-tasks.ts'
import { type CarriedError, carried, revived } from '../wire/carried-error.ts'

type Outcome = { readonly result: unknown } | { readonly error: CarriedError }

/**
 * The tasks, each in its own thread, which ends with the task.
 *
 * @param file the code of a database thread. The main thread and database threads start such threads. A bundler may put
 * this module anywhere, so each caller says where the code is.
 * @param setup how the tasks open their connections.
 */
export function threadedFileTasks(file: () => URL, setup: ConnectionSetup): FileTasks {
  const task =
    <Name extends keyof FileTasks>(name: Name) =>
    (...args: Parameters<FileTasks[Name]>) =>
      runInThread(file(), { fileTask: name, args, setup }) as ReturnType<FileTasks[Name]>
  return {
    seal: task('seal'),
    finish: task('finish'),
    copy: (path, to, fileId, signal) =>
      runInThread(
        file(),
        { fileTask: 'copy', args: [path, to, fileId], setup },
        signal,
      ) as Promise<BackupResult>,
    copyEncrypted: task('copyEncrypted'),
    newest: task('newest'),
    restore: task('restore'),
    sort: task('sort'),
    rebuild: task('rebuild'),
    foreignKeyFaults: task('foreignKeyFaults'),
    setLogAside: task('setLogAside'),
    setAllAside: task('setAllAside'),
  }
}

async function runInThread(file: URL, task: FileTask, signal?: AbortSignal): Promise<unknown> {
  signal?.throwIfAborted()
  const worker = new Worker(file, { name: `backup ${task.fileTask}`, workerData: task, execArgv: [] })
  const ended = once(worker, 'exit').then(() => {
    throw new Error(`the thread for ${task.fileTask} ended without an answer`)
  })
  // It ends after its answer too, and then nothing handles this.
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
export async function runFileTask({ fileTask, args, setup }: FileTask): Promise<void> {
  const canceling = new AbortController()
  parentPort?.once('message', () => canceling.abort())
  // The thread ends with its task.
  parentPort?.unref()
  try {
    // Every thread of a database loads this file, and only this one needs the code of the tasks.
    const { inlineFileTasks } = await import('../repair/file-tasks.ts')
    const tasks = inlineFileTasks(await Connector.load(setup))
    const run = tasks[fileTask] as (...args: readonly unknown[]) => Promise<unknown>
    const result = await (fileTask === 'copy' ? run(...args, canceling.signal) : run(...args))
    parentPort?.postMessage({ result } satisfies Outcome)
  } catch (error) {
    parentPort?.postMessage({ error: carried(error) } satisfies Outcome)
  }
}
