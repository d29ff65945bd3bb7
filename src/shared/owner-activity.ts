/** What the owner of a data directory is doing; `asking` while it cannot open its data before its user has answered. */
export type OwnerState = 'starting' | 'migrating' | 'asking' | 'ready' | 'quitting'

/** How far a migration is: `done` of `total` steps. */
export interface OwnerProgress {
  /** How many steps are done. */
  readonly done: number
  /** How many there are. */
  readonly total: number
}

const ownerStates = new Set<unknown>([
  'starting',
  'migrating',
  'asking',
  'ready',
  'quitting',
] satisfies OwnerState[])

export function isOwnerState(value: unknown): value is OwnerState {
  return ownerStates.has(value)
}

export function isOwnerProgress(value: unknown): value is OwnerProgress {
  const progress = value as Partial<Record<keyof OwnerProgress, unknown>> | null | undefined
  const { done, total } = progress ?? {}
  return isCount(done) && isCount(total) && done <= total
}

/** A number of things, as far as numbers are exact. */
export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
