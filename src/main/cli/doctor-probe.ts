// Loads one native module, uses it, and says so as JSON: `doctor-probe.js MODULE`. A process of its own, since a
// build for another runtime may crash instead of throwing.
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NativeModuleError } from '../runtime/errors.ts'
import { loadNative } from '../runtime/load-native.ts'
import { type NativeFailure, type NativeModule, type Runtime, thisRuntime } from '../runtime/runtime.ts'

/** What a probe found. */
export interface Finding {
  readonly module: NativeModule
  readonly runtime: Runtime
  /** undefined where the module works. */
  readonly failure: NativeFailure | undefined
  /** What the module said about itself, or what went wrong. */
  readonly detail: string
}

const uses: Record<NativeModule, () => string> = {
  'fs-ext': useFlock,
  'better-sqlite3': useSqlite,
}

const module = process.argv[2] as NativeModule
const runtime = thisRuntime()
// Before the attempt: where that crashes, this is all there is to know.
process.stdout.write(`${JSON.stringify({ module, runtime, failure: 'crashes', detail: '' })}\n`)
process.stdout.write(`${JSON.stringify(probe())}\n`)

function probe(): Finding {
  try {
    return { module, runtime, failure: undefined, detail: uses[module]() }
  } catch (error) {
    const failure = error instanceof NativeModuleError ? error.failure : 'failed'
    const { cause = error } = error as Error
    return { module, runtime, failure, detail: cause instanceof Error ? cause.message : String(cause) }
  }
}

function useFlock(): string {
  const { flockSync } = loadNative<typeof import('fs-ext')>('fs-ext')
  const folder = mkdtempSync(join(tmpdir(), 'electron-datadir-'))
  const fd = openSync(join(folder, 'probe.lock'), 'w')
  try {
    flockSync(fd, 'exnb')
    return 'takes a lock'
  } finally {
    closeSync(fd)
    rmSync(folder, { recursive: true })
  }
}

function useSqlite(): string {
  const Database = loadNative<typeof import('better-sqlite3')>('better-sqlite3')
  const database = new Database(':memory:')
  try {
    return `SQLite ${database.prepare('select sqlite_version()').pluck().get()}`
  } finally {
    database.close()
  }
}
