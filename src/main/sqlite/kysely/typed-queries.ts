import {
  type Compilable,
  type CompiledQuery,
  DeleteResult,
  InsertResult,
  type Kysely,
  type QueryResult,
  UpdateResult,
} from 'kysely'
import { checkOptions } from '../../../shared/check-options.ts'
import { type QueryLimits, queryLimitChecks } from '../links/query-limits.ts'
import type { PoolExecutor } from './executor.ts'

/** A Kysely query, built or compiled. */
export type Query<Output = unknown> = Compilable<Output> | CompiledQuery<Output>

/** What `execute()` of each query would return. */
export type BatchResults<Queries extends readonly Query[]> = {
  -readonly [Index in keyof Queries]: Queries[Index] extends Query<infer Output> ? Output[] : never
}

/** Runs one query, like its own `execute()`. */
export async function runQuery<Output>(
  db: Kysely<unknown>,
  query: Query<Output>,
  limits: QueryLimits,
): Promise<Output[]> {
  checkOptions('query', limits, queryLimitChecks)
  const compiled = compiledOf(query)
  return rowsOrCounts(compiled, await db.executeQuery(compiled, limits)) as Output[]
}

/** Runs queries in one transaction. */
export async function runBatch<const Queries extends readonly Query[]>(
  db: Kysely<unknown>,
  queries: Queries,
  limits: QueryLimits,
): Promise<BatchResults<Queries>> {
  checkOptions('batch', limits, queryLimitChecks)
  const compiled = queries.map(compiledOf)
  const results = await (db.getExecutor() as PoolExecutor).executeBatch(compiled, limits)
  const outputs = compiled.map((query, index) => rowsOrCounts(query, results[index] ?? { rows: [] }))
  return outputs as BatchResults<Queries>
}

function compiledOf<Output>(query: Query<Output>): CompiledQuery<Output> {
  return 'compile' in query ? query.compile() : query
}

/** Kysely returns an object of counts if a write returns no rows. */
function rowsOrCounts({ query: node }: CompiledQuery, result: QueryResult<unknown>): unknown[] {
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
