// White space and comments: sqlite.org/lang_comment.html.
const skipped = /^(?:\s+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?(?:\*\/|$))+/

/** The first word of a statement, in lower case; empty where there is none. */
export function leadingKeyword(sql: string): string {
  const start = sql.replace(skipped, '')
  return /^[a-z]+/i.exec(start)?.[0].toLowerCase() ?? ''
}

/** A pragma concerns the connection it runs on: sqlite.org/pragma.html. */
export function isPragma(sql: string): boolean {
  return leadingKeyword(sql) === 'pragma'
}

/** True for statements after which prepared ones may have other columns. */
export function changesSchema(sql: string): boolean {
  const keyword = leadingKeyword(sql)
  return keyword === 'create' || keyword === 'alter' || keyword === 'drop' || keyword === 'pragma'
}
