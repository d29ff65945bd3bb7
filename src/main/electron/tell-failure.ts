import { inspect } from 'node:util'
import { DataDirError } from '../../shared/data-dir-error.ts'
import type { Damage, DamageChoice } from '../sqlite/damaged.ts'
import { NotADatabaseError } from '../sqlite/errors.ts'

// The dialogs are loaded when they are needed: they wait for `ready` anyway, and most starts need none.

/** Writes to stderr why this process does not own the data directory. An error of other code has its stack. */
export function complain(error: unknown, product: string): void {
  const text = error instanceof DataDirError ? `${error.message} [${error.code}]` : inspect(error)
  console.error(`${product}: ${text}`)
}

/** Tells the user in a native dialog why the data directory cannot be opened, and what to do. */
export async function tellFailure(error: unknown, product: string): Promise<void> {
  const { showFailureDialog } = await import('./failure-dialog.ts')
  await showFailureDialog(error, product)
}

/** Asks the user in a native dialog whether to restore the newest good backup of a damaged database. */
export async function askAboutDamage(
  damage: Damage,
  product: string,
  signal: AbortSignal,
): Promise<DamageChoice> {
  const { showDamagedDialog } = await import('./damaged-dialog.ts')
  return showDamagedDialog(damage, product, signal)
}

/** Whether the user was told of this error already: then they chose to quit. */
export function wasAskedAbout(error: unknown): boolean {
  return error instanceof NotADatabaseError && error.newestBackup !== undefined
}
