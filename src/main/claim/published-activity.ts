import type { OwnerActivity } from '../handoff/messages/protocol.ts'
import type { InternalOpenOptions } from '../sqlite/open-options.ts'

/** Returns the options with callbacks that also publish what the owner does and asks while it opens the database. */
export function publishing<Options extends InternalOpenOptions>(
  activity: PublishedActivity,
  options: Options,
): Options {
  const { onDamaged, onBackupFailed, onBusy } = options
  let published = ''
  return {
    ...options,
    onMigrationProgress(progress) {
      const { done, total } = progress
      // The bytes of a backup are reported often, and other processes do not need them.
      const isNews = published !== `${done}/${total}`
      if (isNews) activity.set({ state: 'migrating', progress: { done, total } })
      published = `${done}/${total}`
      options.onMigrationProgress?.(progress)
    },
    ...(typeof onDamaged === 'function' && {
      onDamaged: (damage) => activity.whileAsking(() => onDamaged(damage)),
    }),
    ...(onBackupFailed && { onBackupFailed: (error) => activity.whileAsking(() => onBackupFailed(error)) }),
    ...(onBusy && { onBusy: (error) => activity.whileAsking(() => onBusy(error)) }),
  }
}

/**
 * The activity that an owner publishes. While a question waits for the user, the activity is `asking`, because the work
 * waits for the answer.
 */
export class PublishedActivity {
  readonly #publish: (activity: OwnerActivity) => void
  #activity: OwnerActivity = { state: 'starting' }
  #questions = 0

  constructor(publish: (activity: OwnerActivity) => void) {
    this.#publish = publish
  }

  get isAsking(): boolean {
    return this.#questions > 0
  }

  /** After `quitting`, no other activity is published. */
  set(activity: OwnerActivity): void {
    if (this.#activity.state === 'quitting') return
    this.#activity = activity
    const isOpening = activity.state === 'starting' || activity.state === 'migrating'
    this.#publish(this.isAsking && isOpening ? { state: 'asking' } : activity)
  }

  /** Publishes the activity again. */
  repeat(): void {
    this.set(this.#activity)
  }

  /** Asks something that waits for the user. */
  async whileAsking<Answer>(ask: () => Answer | Promise<Answer>): Promise<Answer> {
    this.#questions++
    if (this.#questions === 1) this.set(this.#activity)
    try {
      return await ask()
    } finally {
      this.#questions--
      if (this.#questions === 0) this.set(this.#activity)
    }
  }
}
