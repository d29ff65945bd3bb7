import type { Kysely } from 'kysely'
import { endangeredTables, foreignKeySchema } from './foreign-key-schema.ts'
import { foreignKeyFaults } from './foreign-keys.ts'
import type { StatementTexts } from './statement-texts.ts'

export interface ForeignKeyGuardOptions {
  /** The statements of the migration. If they are not known, all tables are checked that have foreign keys. */
  readonly statements: StatementTexts | undefined
  /** Counts the faults of some tables as they were before the migration's transaction. */
  readonly faultsBefore: (tables: readonly string[]) => Promise<number>
}

/**
 * Runs a part of a migration's transaction, and throws if more rows than before have foreign keys that point nowhere.
 *
 * The check reads only tables that the work may have broken. So an empty migration, a new index or a new column reads
 * none, and the cost of a run depends on what its migrations change, not on how many they are. The check comes at the
 * end of each migration and not of the run: each migration commits by itself, so a later check could not undo the one
 * that is to blame.
 *
 * Most databases have no faults. Only if one is found afterwards does it matter how many there were before. A second
 * connection can still count them then, because it does not see the transaction.
 *
 * @param db the transaction, without plugins.
 * @throws {Error} that names a table.
 */
export async function guardForeignKeys<Schema>(
  db: Kysely<Schema>,
  { statements, faultsBefore }: ForeignKeyGuardOptions,
  work: () => Promise<void>,
): Promise<void> {
  const before = await foreignKeySchema(db)
  statements?.clear()
  await work()
  const texts = statements?.all()
  const after = await foreignKeySchema(db)
  const faults = await foreignKeyFaults(db, endangeredTables(after, [before, after], texts))
  if (faults.count === 0) return
  const allowed = await faultsBefore(endangeredTables(before, [before, after], texts))
  if (faults.count > allowed) throw new Error(`foreign key check: ${faults.first}`)
}
