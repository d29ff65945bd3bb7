import type { Worker } from 'node:worker_threads'
import { onTestFinished } from 'vitest'

/** The threads that start during the test. The first thread of a pool is its writer. */
export function startedThreads(): Worker[] {
  const threads: Worker[] = []
  watchThreads((worker) => threads.push(worker))
  return threads
}

/** The running threads, in the order in which they were started. */
export function livingThreads(): Set<Worker> {
  const threads = new Set<Worker>()
  watchThreads((worker) => {
    threads.add(worker)
    worker.once('exit', () => threads.delete(worker))
  })
  return threads
}

function watchThreads(onStart: (worker: Worker) => void): void {
  process.on('worker', onStart)
  onTestFinished(() => void process.off('worker', onStart))
}
