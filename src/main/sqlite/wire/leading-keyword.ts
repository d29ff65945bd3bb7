// White space, comments (sqlite.org/lang_comment.html) and empty statements before a statement.
const skipped = /^(?:[\s;]+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?(?:\*\/|$))+/

/** The first word of a statement, in lower case. Empty if there is none. */
function leadingKeyword(sql: string): string {
  const start = sql.replace(skipped, '')
  return /^[a-z]+/i.exec(start)?.[0].toLowerCase() ?? ''
}

const mayWrite = /\b(?:insert|update|delete|replace)\b/i

/**
 * Whether a raw statement only reads. A `with` can begin a write, which contains one of four words. A read that
 * contains one of them too (in a string, or as the function `replace()`) counts as a write here.
 */
export function isReadByText(sql: string): boolean {
  const keyword = leadingKeyword(sql)
  if (keyword === 'with') return !mayWrite.test(sql)
  if (keyword === 'explain') return !isExplainedPragma(sql)
  return keyword === 'select' || keyword === 'values'
}

/** What SQLite does not report about a statement, but a pool needs. */
export type StatementKind =
  /** It changes only rows, not tables or the connection. */
  | 'rows'
  /** It may read or change a setting of the connection or of the file: sqlite.org/pragma.html. */
  | 'pragma'
  /** It begins or ends a transaction, or attaches or detaches a database. */
  | 'control'
  /** It cannot run inside a transaction: sqlite.org/lang_vacuum.html. */
  | 'vacuum'
  | 'other'

const changesRows = /^(?:insert|update|delete|replace|with|select|values)$/
const isControl = /^(?:begin|commit|end|rollback|savepoint|release|attach|detach)$/
const explained = /^[\s\S]*?\bexplain\b(?:\s+query\s+plan\b)?/i

/** A pragma does its work while it is prepared, also when it is only to be explained. */
export function statementKind(sql: string): StatementKind {
  const keyword = leadingKeyword(sql)
  if (keyword === 'explain') return isExplainedPragma(sql) ? 'pragma' : 'other'
  if (changesRows.test(keyword)) return 'rows'
  if (isControl.test(keyword)) return 'control'
  return keyword === 'pragma' || keyword === 'vacuum' ? keyword : 'other'
}

const keyPragma = /^pragma\s+(?:\S+\s*\.\s*)?["'`[]?(?:hex|text)?(?:re)?key\b/i

/** Whether a statement changes the key of an encrypted database, or the key that the connection reads it with. */
export function isKeyPragma(sql: string): boolean {
  const start = sql.replace(skipped, '')
  return (
    keyPragma.test(start) || (isExplainedPragma(sql) && keyPragma.test(start.replace(explained, '').trim()))
  )
}

function isExplainedPragma(sql: string): boolean {
  return leadingKeyword(sql.replace(explained, '')) === 'pragma'
}
