import type { CompiledQuery } from 'kysely'
import { changesSchema, leadingKeyword } from './leading-keyword.ts'

/** Reading is worth a try with these; whether they write after all is SQLite's word, not this function's. */
export function mayBeRead({ query, sql }: CompiledQuery): boolean {
  if (query.kind === 'SelectQueryNode') return true
  if (query.kind !== 'RawNode') return false
  const keyword = leadingKeyword(sql)
  return keyword === 'select' || keyword === 'with' || keyword === 'values' || keyword === 'explain'
}

/** True where prepared statements may have other columns afterwards. */
export function mayChangeSchema({ query, sql }: CompiledQuery): boolean {
  switch (query.kind) {
    case 'SelectQueryNode':
    case 'InsertQueryNode':
    case 'UpdateQueryNode':
    case 'DeleteQueryNode':
      return false
    default:
      return changesSchema(sql)
  }
}
