import {
  type Compilable,
  type CompiledQuery,
  DeleteResult,
  InsertResult,
  type RootOperationNode,
  UpdateResult,
} from 'kysely'
import { checkOptions } from '../../shared/check-options.ts'
import type { DatabasePool } from './database-pool.ts'
import { type QueryLimits, queryLimitChecks } from './query-limits.ts'
import type { Result } from './requests.ts'

/** A query of Kysely's, built or compiled. */
export type Query<Output = unknown> = Compilable<Output> | CompiledQuery<Output>

/** What `execute()` of each query would give. */
export type BatchResults<Queries extends readonly Query[]> = {
  -readonly [Index in keyof Queries]: Queries[Index] extends Query<infer Output> ? Output[] : never
}

/** Runs one query, as its own `execute()` would. */
export async function runQuery<Output>(
  pool: DatabasePool,
  query: Query<Output>,
  limits: QueryLimits,
): Promise<Output[]> {
  checkOptions('query', limits, queryLimitChecks)
  const compiled = compiledOf(query)
  return outputOf(compiled.query, await pool.execute(compiled, limits)) as Output[]
}

/** Runs queries in one transaction. */
export async function runBatch<const Queries extends readonly Query[]>(
  pool: DatabasePool,
  queries: Queries,
  limits: QueryLimits,
): Promise<BatchResults<Queries>> {
  checkOptions('batch', limits, queryLimitChecks)
  const compiled = queries.map(compiledOf)
  const results = await pool.batch(compiled, limits)
  return results.map((result, index) => outputOf(compiled[index]?.query, result)) as BatchResults<Queries>
}

function compiledOf<Output>(query: Query<Output>): CompiledQuery<Output> {
  return 'compile' in query ? query.compile() : query
}

/** Kysely gives an object of counts where a write returns no rows. */
function outputOf(node: RootOperationNode | undefined, result: Result): unknown[] {
  const changed = result.numAffectedRows ?? 0n
  switch (node?.kind) {
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
