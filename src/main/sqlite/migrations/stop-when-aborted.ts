import type {
  KyselyPlugin,
  PluginTransformQueryArgs,
  PluginTransformResultArgs,
  QueryResult,
  RootOperationNode,
  UnknownRow,
} from 'kysely'

/** Lets no further statement start once a signal has aborted: a function that runs many comes to its end there. */
export class StopWhenAborted implements KyselyPlugin {
  readonly #signal: AbortSignal

  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  transformQuery({ node }: PluginTransformQueryArgs): RootOperationNode {
    this.#signal.throwIfAborted()
    return node
  }

  async transformResult({ result }: PluginTransformResultArgs): Promise<QueryResult<UnknownRow>> {
    return result
  }
}
