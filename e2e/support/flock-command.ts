import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

/** flock(1) holding the lock of a data directory: an owner that knows nothing of this package. */
export async function holdWithFlock(dataDir: string): Promise<ChildProcess & { pid: number }> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const lock = join(dataDir, 'notes.lock')
  const child = spawn('flock', ['--no-fork', lock, 'sh', '-c', 'echo held; exec sleep 1000'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  return child as unknown as ChildProcess & { pid: number }
}
