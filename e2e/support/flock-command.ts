import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

/** An owner that does not use this package. */
export interface FlockHolder {
  readonly pid: number
  kill(): void
}

/** `flock notes.lock sleep 1000`, as a person types it in a shell. */
export async function holdWithFlock(dataDir: string): Promise<FlockHolder> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const lock = join(dataDir, 'notes.lock')
  const child = spawn('flock', [lock, 'sh', '-c', 'echo held; exec sleep 1000'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  })
  await once(child.stdout, 'data')
  const { pid = 0 } = child
  // The whole group: the command it runs has inherited the lock.
  return { pid, kill: () => process.kill(-pid, 'SIGKILL') }
}
