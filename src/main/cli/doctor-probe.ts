// `doctor-probe.js MODULE` loads one native module, uses it, and prints the result as JSON. It is a process of its own,
// because a build for another runtime may crash instead of throwing.
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NativeModuleError } from '../runtime/errors.ts'
import { failureOf, loadNative } from '../runtime/load-native.ts'
import { type NativeFailure, type NativeModule, type Runtime, thisRuntime } from '../runtime/runtime.ts'

/** The result of a probe. */
export interface Finding {
  readonly module: NativeModule
  readonly runtime: Runtime
  /** undefined if the module works. */
  readonly failure: NativeFailure | undefined
  /** What the module reported about itself, or the error. */
  readonly detail: string
}

const uses: Record<NativeModule, () => string> = {
  'fs-ext': useFlock,
  'better-sqlite3': useSqlite,
}

const module = process.argv[2] as NativeModule
const runtime = thisRuntime()
// Printed before the attempt. If that crashes, this is the last line.
print('crashes', '')
try {
  print(undefined, uses[module]())
} catch (error) {
  const { cause = error } = error as Error
  print(
    error instanceof NativeModuleError ? error.failure : failureOf(error as Error, module),
    cause instanceof Error ? cause.message : String(cause),
  )
}

function print(failure: Finding['failure'], detail: string): void {
  process.stdout.write(`${JSON.stringify({ module, runtime, failure, detail } satisfies Finding)}\n`)
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
