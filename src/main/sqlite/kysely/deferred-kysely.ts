import type { Kysely } from 'kysely'
import { NotOpenYetError } from '../errors/query-errors.ts'

/** A step that was recorded before the database was open. It is repeated on the open one. */
interface Recorded {
  /** Repeats it. A second call returns the first result. */
  repeat(db: object): unknown
  /** The name of the property, or of the method that was called. */
  readonly property?: PropertyKey
}

// The methods of Kysely, its builders and its executor that return a promise.
const returnsPromise = new Set<PropertyKey>([
  'execute',
  'executeTakeFirst',
  'executeTakeFirstOrThrow',
  'executeQuery',
  'explain',
  'getSchemas',
  'getTables',
  'getMetadata',
  'destroy',
])

const lookedFor = new Set<PropertyKey>(['expressionType', 'toOperationNode', 'compile'])

const recordings = new WeakMap<object, Recorded>()

/**
 * Returns a Kysely for queries that are made before the database is open. It records how a query is built, and builds
 * and runs it when `opening` resolves. Kysely itself is not loaded for that.
 *
 * @param opening if it rejects, each query rejects with that error.
 * @returns the Kysely. Until the database is open, its `compile()` throws a {@link NotOpenYetError}, because it returns
 * no promise and cannot wait.
 */
export function deferredKysely<Schema>(opening: Promise<Kysely<Schema>>): Kysely<Schema> {
  let opened: object | undefined
  opening.then(
    (db) => {
      opened = db
    },
    () => undefined,
  )

  /** Before the open, `get` and `call` return further recordings. After it, they return the real values. */
  const proxyOf = (recorded: Recorded, isMethod: boolean, owner?: object): object => {
    const now = () => (opened ? Object(recorded.repeat(opened)) : undefined)
    const proxy: object = new Proxy(isMethod ? () => undefined : {}, {
      get(_, property) {
        const value = now()
        if (value) {
          const member: unknown = Reflect.get(value, property)
          // `db.fn` is a function with methods of its own. A bound function would not have them.
          const isMethod = typeof member === 'function' && Object.keys(member).length === 0
          return isMethod ? member.bind(value) : member
        }
        // A query must not have a `then`: `await`, and the end of an async function, would call it. Only a `case` has a
        // method `then`.
        if (property === 'then' && recorded.property !== 'when') return undefined
        if (property === 'isTransaction') return false
        if (property === Symbol.asyncIterator) return () => iterate(recorded)
        if (typeof property === 'symbol') return undefined
        if (returnsPromise.has(property))
          return (...args: unknown[]) => handled(run(recorded, property, args.map(copied)))
        if (property === 'compile') return refuse
        const repeat = once((db) => Reflect.get(Object(recorded.repeat(db)), property))
        return proxyOf({ repeat, property }, true, proxy)
      },
      // Kysely looks for the first two in an expression, and the pool for the third in a query.
      has(_, property) {
        const value = now()
        return value ? Reflect.has(value, property) : lookedFor.has(property)
      },
      apply(_, __, given) {
        const { repeat } = (owner && recordings.get(owner)) ?? recorded
        const args = given.map(copied)
        const call = once((db) =>
          Reflect.apply(recorded.repeat(db) as () => unknown, repeat(db), repeated(args, db) as unknown[]),
        )
        return opened ? call(opened) : proxyOf({ ...recorded, repeat: call }, false)
      },
    })
    recordings.set(proxy, recorded)
    return proxy
  }

  const run = async (recorded: Recorded, method: PropertyKey, args: unknown[]) => {
    const db = await opening
    const value = Object(recorded.repeat(db))
    return await Reflect.apply(Reflect.get(value, method), value, repeated(args, db) as unknown[])
  }

  async function* iterate(recorded: Recorded): AsyncGenerator<unknown, void> {
    yield* recorded.repeat(await opening) as AsyncIterable<unknown>
  }

  return proxyOf({ repeat: (db) => db }, false) as Kysely<Schema>
}

/** Kysely reads arrays and objects of values at once. The app may change them before the database is open. */
function copied(value: unknown): unknown {
  return mapped(value, (item) => item)
}

/** Replaces recordings with what they are on the open database, also inside arrays and plain objects. */
function repeated(value: unknown, db: object): unknown {
  return mapped(value, (recorded) => recordings.get(recorded)?.repeat(db))
}

/** Copies arrays and plain objects, with a replacement for each recording in them. */
function mapped(value: unknown, replace: (recording: object) => unknown): unknown {
  if (typeof value !== 'object' && typeof value !== 'function') return value
  if (value === null) return value
  if (recordings.has(value)) return replace(value)
  if (Array.isArray(value)) return value.map((item) => mapped(item, replace))
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return value
  // A plugin has a state of its own, which a copy would not change.
  if ('transformQuery' in value) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapped(item, replace)]))
}

function once(work: (db: object) => unknown): (db: object) => unknown {
  let done: { readonly value: unknown } | undefined
  return (db) => {
    done ??= { value: work(db) }
    return done.value
  }
}

/** A query that is not awaited must not cause an unhandled rejection, because a refused launch has already shown the reason. */
function handled<Result>(promise: Promise<Result>): Promise<Result> {
  promise.catch(() => undefined)
  return promise
}

function refuse(): never {
  throw new NotOpenYetError('compile')
}
