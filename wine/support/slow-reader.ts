// A worker thread that closes a descriptor a little later.
import { closeSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'

parentPort?.postMessage('has it')
setTimeout(() => closeSync(workerData), 10)
