import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { sql } from 'kysely'
import { expect, onTestFinished, test } from 'vitest'
import { readCheckpointRecord } from '../../../src/main/sqlite/files/checkpoint-record.ts'
import { connect } from '../../../src/main/sqlite/pool.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

// A longer run: CHECKPOINT_KILLS=200.
const kills = Number(process.env.CHECKPOINT_KILLS ?? 6)

/** @returns the last row that was committed for certain. */
async function killUnderLoad(dir: string, after: number): Promise<number> {
  const script = resolve(import.meta.dirname, 'checkpointing.mjs')
  const child = spawn(process.execPath, [script, dir], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const ended = once(child, 'exit')
  let last = 0
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === 'open') setTimeout(() => child.kill('SIGKILL'), after)
    else last = Number(line)
  }
  expect(await ended).toEqual([null, 'SIGKILL'])
  return last
}

test(
  'if a process is killed at any time during checkpoints, its files belong together',
  async () => {
    const dir = temporaryDirectory()
    const phases = new Set<string | undefined>()
    for (let round = 0; round < kills; round++) {
      const last = await killUnderLoad(dir, 20 + Math.random() * 200)
      phases.add(readCheckpointRecord(join(dir, 'app.db'))?.phase)
      const pool = await connect({ dir, mode: 'inline' })
      const { rows } = await sql<{ last: number }>`select max(id) as last from line`.execute(pool.db)
      expect(rows[0]?.last ?? 0).toBeGreaterThanOrEqual(last)
      const check = await sql<{ integrity_check: string }>`pragma integrity_check`.execute(pool.db)
      expect(check.rows).toEqual([{ integrity_check: 'ok' }])
      await pool.close()
    }
    // The load is such that a kill hits a checkpoint more often than not.
    if (kills > 20) expect(phases).toContain('checkpointing')
  },
  120_000 + kills * 20_000,
)
