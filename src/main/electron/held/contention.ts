import type { Launch } from '../../handoff/messages/protocol.ts'
import type { OwnerWatch } from './owner-watch.ts'
import type { HeldWords } from './words/held-words.ts'

export interface Language {
  readonly words: HeldWords
  /** A BCP 47 tag. */
  readonly locale: string
}

/** A launch that has met an owner. */
export interface Contention {
  readonly watch: OwnerWatch
  /** What this process was started for, with what the system has sent it since. */
  launch(): Launch
  /** The same as it is handed over. Each has the same id whenever it is asked for. */
  launches(): [Launch, ...Launch[]]
  /** This app's name. */
  readonly product: string
  /** What the user is told in. Better known after `ready`. */
  language(): Language
}

/** How a contention ends. After `free` the lock is `watch.lock`. */
export type HeldEnd = 'free' | 'handed-over' | 'quit'
