import type { MigrationProgress } from '../../sqlite/migrations/migrations.ts'
import type { StartWords } from './start-words.ts'

/** What the start window shows. */
export interface StartStatus {
  readonly text: string
  readonly done: number
  /** 0 if the length of the work is not known. */
  readonly total: number
}

/** @param progress undefined before there is any. */
export function startStatus(progress: MigrationProgress | undefined, words: StartWords): StartStatus {
  if (!progress) return { text: words.opening, done: 0, total: 0 }
  const { phase, done, total, doneBytes = 0, totalBytes = 0 } = progress
  if (phase === 'check') return { text: words.checking, done: 0, total: 0 }
  if (phase === 'backup') {
    return { text: words.backingUp(doneBytes, totalBytes), done: doneBytes, total: totalBytes }
  }
  return { text: words.migrating(done, total), done, total }
}
