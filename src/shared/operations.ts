/**
 * The result of an operation. On the way to a page, Electron keeps the message of an error but drops its fields. This type
 * keeps the code.
 */
export type Result<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly error: { readonly code: string; readonly message: string } }

type RemoteOperation<Operation> = Operation extends (...args: infer Args) => infer Value
  ? (...args: Args) => Promise<Result<Awaited<Value>>>
  : never

/**
 * The operations of a main process, as its page calls them: the same arguments, and a promise of a {@link Result}.
 *
 * @typeParam Operations an interface of functions, shared by both sides.
 */
export type Remote<Operations> = {
  readonly [Name in keyof Operations]: RemoteOperation<Operations[Name]>
}

/** The IPC channel of an operation. */
export function operationChannel(prefix: string, name: string): string {
  return `${prefix}:${name}`
}
