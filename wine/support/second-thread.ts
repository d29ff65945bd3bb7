// A worker thread that opens what its process has open.
import { parentPort, workerData } from 'node:worker_threads'
import { acquireDataDirLock } from '../../src/main/lock/data-dir-lock.ts'

try {
  acquireDataDirLock(workerData).release()
  parentPort?.postMessage('acquired')
} catch (error) {
  parentPort?.postMessage((error as { code?: string }).code ?? String(error))
}
