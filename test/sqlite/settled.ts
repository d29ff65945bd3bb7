import { expect } from 'vitest'

/** The error of a promise, with the fields of the pool's errors. */
export interface Rejection extends Error {
  readonly code?: string
  readonly outcome?: string
}

/** Long enough for a busy machine, and much shorter than the default `waitTimeout`. */
const patience = 10_000

/** The same promise, but it rejects if it has not settled after ten seconds. */
export async function settled<Value>(promise: Promise<Value>, milliseconds = patience): Promise<Value> {
  let timer: NodeJS.Timeout | undefined
  const overdue = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not settled after ${milliseconds} ms`)), milliseconds)
  })
  try {
    return await Promise.race([promise, overdue])
  } finally {
    clearTimeout(timer)
  }
}

/** The error that a promise rejects with, within ten seconds. */
export async function rejection(promise: Promise<unknown>): Promise<Rejection> {
  const result = await settled(
    promise.then(
      (value) => ({ value }),
      (error: Rejection) => ({ error }),
    ),
  )
  if ('error' in result) return result.error
  const text = JSON.stringify(result.value, (_, value) => (typeof value === 'bigint' ? `${value}n` : value))
  return expect.fail(`resolved with ${text?.slice(0, 200)}, and should have rejected`)
}

/** Reads a stream to its end. */
export async function all<Row>(stream: AsyncIterable<Row>): Promise<Row[]> {
  const rows: Row[] = []
  for await (const row of stream) rows.push(row)
  return rows
}

/** A promise, and the function that resolves it. */
export function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}
