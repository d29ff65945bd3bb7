import type { TransactionEnd } from '../wire/protocol.ts'

/** What a statement does to the transaction of a lease. */
export type TransactionControl = 'begin' | TransactionEnd

const name = String.raw`(?:[\p{L}_][\p{L}\p{N}_$]*|"(?:[^"]|"")+"|'(?:[^']|'')+'|\x60(?:[^\x60]|\x60\x60)+\x60|\[[^\]]+\])`

const statements: readonly (readonly [TransactionControl, RegExp])[] = [
  ['begin', pattern('begin(?: (?:deferred|immediate|exclusive))?(?: transaction)?')],
  ['commit', pattern('(?:commit|end)(?: transaction)?')],
  ['rollback', pattern('rollback(?: transaction)?')],
  [
    'savepoint',
    pattern(`(?:savepoint|release(?: savepoint)?|rollback(?: transaction)? to(?: savepoint)?) ${name}`),
  ],
]

function pattern(words: string): RegExp {
  return new RegExp(String.raw`^\s*${words.replaceAll(' ', String.raw`\s+`)}\s*;?\s*$`, 'iu')
}

/**
 * Returns what SQL text does to a transaction if it is one statement that begins or ends a transaction
 * (sqlite.org/lang_transaction.html) or a savepoint (sqlite.org/lang_savepoint.html). If the text contains more than
 * that, this returns undefined, and the connection refuses the text.
 */
export function transactionControl(sql: string): TransactionControl | undefined {
  return statements.find(([, text]) => text.test(sql))?.[0]
}
