// The process behind a holder or a contender of the test kit: it does what its parent orders, and ends with it.
import { type StdioOptions, spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { acquireDataDirLock, type DataDirLock } from '../lock/data-dir-lock.ts'
import {
  type Answer,
  type HolderLock,
  lifeline,
  type Order,
  type Report,
  type Request,
  readyId,
} from './messages.ts'

// Far enough before the barrier for a timer that comes late; the rest is waited for without sleeping.
const spinMilliseconds = 5

let lock: DataDirLock | undefined

function tell(answer: Answer): void {
  process.send?.(answer)
}

async function obey(order: Order): Promise<Report> {
  switch (order.type) {
    case 'acquire':
      return acquire(order.lock, order.at === undefined ? undefined : BigInt(order.at))
    case 'start-child':
      return { type: 'child', pid: startChild() }
    case 'release':
      lock?.release()
      lock = undefined
      return { type: 'released' }
  }
}

async function acquire(options: HolderLock, at: bigint | undefined): Promise<Report> {
  try {
    if (at !== undefined) await standAtBarrier(at)
    lock = acquireDataDirLock(options)
    return { type: 'held', dir: lock.dir, name: lock.name }
  } catch (error) {
    const { code, message, pid } = error as NodeJS.ErrnoException & { pid?: number }
    return {
      type: 'refused',
      code: code ?? 'no code',
      message,
      ...(pid !== undefined && { ownerPid: pid }),
    }
  }
}

async function standAtBarrier(at: bigint): Promise<void> {
  await sleep(Math.max(0, Number(at - process.hrtime.bigint()) / 1e6 - spinMilliseconds))
  while (process.hrtime.bigint() < at);
}

function startChild(): number {
  // It outlives this process, and ends with the test, however that ends: the pipe breaks then.
  const script = `process.stdin.on('end', () => process.exit()).resume()`
  const stdio: StdioOptions = [lifeline, 'ignore', 'ignore']
  const child = spawn(process.execPath, ['-e', script], { stdio, detached: true })
  child.unref()
  return child.pid ?? 0
}

process.on('message', (message) => {
  const { id, order } = message as Request
  void obey(order).then((report) => tell({ id, report }))
})
process.on('disconnect', () => process.exit())
tell({ id: readyId, report: { type: 'ready' } })
