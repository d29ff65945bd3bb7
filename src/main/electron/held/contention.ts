import type { Launch } from '../../handoff/protocol.ts'
import type { HeldWords } from './held-words.ts'
import type { OwnerWatch } from './owner-watch.ts'

/** A launch that has met an owner. */
export interface Contention {
  readonly watch: OwnerWatch
  readonly launch: Launch
  /** This app's name. */
  readonly product: string
  readonly words: HeldWords
  /** A BCP 47 tag. */
  readonly locale: string
}

/** How a contention ends. After `free` the lock is `watch.lock`. */
export type HeldEnd = 'free' | 'handed-over' | 'quit'
