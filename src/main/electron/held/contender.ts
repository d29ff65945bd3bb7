import type { Launch } from '../../handoff/messages/protocol.ts'
import type { OwnerWatch } from './owner-watch.ts'
import type { Language } from './words/held-text.ts'

/** A process that found the lock held. */
export interface Contender {
  readonly watch: OwnerWatch
  /** What this process was started for, with what the system has sent it since. */
  launch(): Launch
  /** The same as it is handed over. Each launch keeps its id from call to call. */
  launches(): [Launch, ...Launch[]]
  /** The language of the dialogs. It is known better after `ready`. */
  language(): Language
}

/** How a contender ends: with the lock in `watch.lock`, or without it and with or without its launch delivered. */
export type ContenderEnd = 'free' | 'handed-over' | 'quit'
