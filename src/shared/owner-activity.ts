/** What the owner of a data directory is doing. `asking`: its user must answer a question before it can open the data. */
export type OwnerState = 'starting' | 'migrating' | 'asking' | 'ready' | 'quitting'

/** The progress of a migration: `done` of `total` steps. */
export interface OwnerProgress {
  /** The number of steps that are done. */
  readonly done: number
  /** The number of all steps. */
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
  const { done, total } = (value ?? {}) as Partial<Record<keyof OwnerProgress, unknown>>
  return isCount(done) && isCount(total) && done <= total
}

/** Whether a value is a whole number from 0 to the largest that JavaScript can represent exactly. */
export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
