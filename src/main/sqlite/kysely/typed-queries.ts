import {
  type Compilable,
  type CompiledQuery,
  DeleteResult,
  InsertResult,
  type KyselyPlugin,
  type RootOperationNode,
  UpdateResult,
} from 'kysely'
import { checkOptions } from '../../../shared/check-options.ts'
import type { Result } from '../links/jobs.ts'
import { type LimitWatch, type QueryLimits, queryLimitChecks, withinLimits } from '../links/query-limits.ts'
import { isRead, type Scheduler } from '../scheduling/scheduler.ts'
import { type QueryLog, transformResult } from './executor.ts'

/** A Kysely query, built or compiled. */
export type Query<Output = unknown> = Compilable<Output> | CompiledQuery<Output>

/** What `execute()` of each query would return. */
export type BatchResults<Queries extends readonly Query[]> = {
  -readonly [Index in keyof Queries]: Queries[Index] extends Query<infer Output> ? Output[] : never
}

/** What `db` uses besides connections, for queries that do not go through `db`. */
export interface QuerySurroundings {
  readonly plugins: readonly KyselyPlugin[]
  readonly log: QueryLog | undefined
}

/** Runs one query, like its own `execute()`. */
export async function runQuery<Output>(
  scheduler: Scheduler,
  { plugins, log }: QuerySurroundings,
  query: Query<Output>,
  limits: QueryLimits,
): Promise<Output[]> {
  checkOptions('query', limits, queryLimitChecks)
  const compiled = compiledOf(query)
  return await withinLimits(limits, async (watch) => {
    const run = () => scheduler.execute(compiled, watch)
    const result = await (log ? log.run(compiled, run) : run())
    return (await outputOf(compiled, result, plugins, watch)) as Output[]
  })
}

/** Runs queries in one transaction. */
export async function runBatch<const Queries extends readonly Query[]>(
  scheduler: Scheduler,
  { plugins, log }: QuerySurroundings,
  queries: Queries,
  limits: QueryLimits,
): Promise<BatchResults<Queries>> {
  checkOptions('batch', limits, queryLimitChecks)
  const compiled = queries.map(compiledOf)
  return await withinLimits(limits, async (watch) => {
    const run = () => scheduler.batch(compiled, watch)
    const [first] = compiled
    const results = await (log && first ? log.run(first, run) : run())
    const outputs: unknown[][] = []
    for (const [index, query] of compiled.entries()) {
      outputs.push(await outputOf(query, results[index] ?? { rows: [] }, plugins, watch))
    }
    return outputs as BatchResults<Queries>
  })
}

function compiledOf<Output>(query: Query<Output>): CompiledQuery<Output> {
  return 'compile' in query ? query.compile() : query
}

async function outputOf(
  query: CompiledQuery,
  result: Result,
  plugins: readonly KyselyPlugin[],
  watch: LimitWatch | undefined,
): Promise<unknown[]> {
  const node = query.query
  if (plugins.length === 0) return rowsOrCounts(node, result)
  const transforming = transformResult(plugins, result, query.queryId, watch?.signal)
  const outcome = () => (isRead(query) ? 'stopped' : 'committed')
  return rowsOrCounts(node, await (watch ? watch.race(transforming, query.sql, outcome) : transforming))
}

/** Kysely returns an object of counts if a write returns no rows. */
function rowsOrCounts(node: RootOperationNode, result: Result): unknown[] {
  const changed = result.numAffectedRows ?? 0n
  switch (node.kind) {
    case 'InsertQueryNode':
      return node.returning ? result.rows : [new InsertResult(result.insertId, changed)]
    case 'UpdateQueryNode':
      return node.returning ? result.rows : [new UpdateResult(changed, undefined)]
    case 'DeleteQueryNode':
      return node.returning ? result.rows : [new DeleteResult(changed)]
    default:
      return result.rows
  }
}
