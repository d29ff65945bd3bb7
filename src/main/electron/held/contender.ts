import type { Launch } from '../../handoff/messages/protocol.ts'
import { type HeldNote, type HeldText, heldText } from '../words/held-text.ts'
import type { Language } from '../words/language.ts'
import type { OwnerWatch } from './owner-watch.ts'

/** A process that found the lock held. */
export interface Contender {
  readonly watch: OwnerWatch
  /** The name of the files in the data directory. */
  readonly name: string
  /** What this process was started for, with what the system has sent it since. */
  launch(): Launch
  /** The same as it is handed over. Each launch keeps its id from call to call. */
  launches(): [Launch, ...Launch[]]
  /** The language of the dialogs. It is known better after `ready`. */
  language(): Language
}

/**
 * Returns what the held dialog says now.
 *
 * @param others the files of other launches that share the dialog.
 */
export function textOf(
  { watch, launch, language }: Contender,
  note?: HeldNote,
  others: readonly string[] = [],
): HeldText {
  const files = [...launch().files, ...others]
  return heldText(watch.now, { ...watch.facts, files }, language(), note)
}
