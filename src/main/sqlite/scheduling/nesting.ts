import { AsyncLocalStorage } from 'node:async_hooks'

/** A connection that a callback works with, and whatever the callback itself was called from. */
interface Held {
  readonly pool: object
  readonly outer: Held | undefined
  isOver: boolean
}

const held = new AsyncLocalStorage<Held>()

/** Runs a callback that has a connection of the pool to itself. */
export async function holding<Value>(pool: object, work: () => Promise<Value>): Promise<Value> {
  const mark: Held = { pool, outer: held.getStore(), isOver: false }
  try {
    return await held.run(mark, work)
  } finally {
    // What the callback left running may use the pool as everybody else does.
    mark.isOver = true
  }
}

/** True inside a callback that has a connection of the pool to itself. */
export function isHolding(pool: object): boolean {
  for (let mark = held.getStore(); mark; mark = mark.outer) {
    if (mark.pool === pool && !mark.isOver) return true
  }
  return false
}
