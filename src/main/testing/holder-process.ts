// The process of a holder or a contender of the test kit. It follows the orders of its parent, and ends with it.
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
} from './kit-messages.ts'

// The timer ends this long before the barrier, because timers are late. The rest is a busy loop.
const spinMilliseconds = 5

let lock: DataDirLock | undefined

async function obey(order: Order): Promise<Report> {
  switch (order.type) {
    case 'acquire':
      return acquire(order.lock, order.at)
    case 'start-child':
      return { type: 'child', pid: startChild() }
    case 'release':
      lock?.release()
      lock = undefined
      return { type: 'released' }
  }
}

async function acquire(options: HolderLock, at: string | undefined): Promise<Report> {
  try {
    if (at !== undefined) await standAtBarrier(BigInt(at))
    lock = acquireDataDirLock(options)
    return { type: 'held', dir: lock.dir, name: lock.name }
  } catch (error) {
    const { code = 'no code', message, pid } = error as NodeJS.ErrnoException & { pid?: number }
    return { type: 'refused', code, message, ...(pid !== undefined && { ownerPid: pid }) }
  }
}

async function standAtBarrier(at: bigint): Promise<void> {
  await sleep(Math.max(0, Number(at - process.hrtime.bigint()) / 1e6 - spinMilliseconds))
  while (process.hrtime.bigint() < at);
}

function startChild(): number {
  // It outlives this process, and ends with the test, because the pipe breaks then, even after SIGKILL.
  const script = `process.stdin.on('end', () => process.exit()).resume()`
  const stdio: StdioOptions = [lifeline, 'ignore', 'ignore']
  const child = spawn(process.execPath, ['-e', script], { stdio, detached: true })
  child.unref()
  return child.pid ?? 0
}

function answer(id: number, report: Report): void {
  process.send?.({ id, report } satisfies Answer)
}

process.on('message', ({ id, order }: Request) => {
  void obey(order).then((report) => answer(id, report))
})
process.on('disconnect', () => process.exit())
answer(readyId, { type: 'ready' })
