import { DataDirError } from '../../shared/data-dir-error.ts'

/** Why the owner could not be talked to. */
export type HandoffFailure = 'no-endpoint' | 'gone' | 'no-answer' | 'bad-answer'

const explanations: Record<HandoffFailure, string> = {
  'no-endpoint': 'it takes no requests',
  gone: 'it is not there any more',
  'no-answer': 'it does not answer',
  'bad-answer': 'its answer makes no sense',
}

/** The owner of a data directory could not be asked to come to the front. It was not disturbed. */
export class HandoffError extends DataDirError {
  readonly code = 'ERR_DATADIR_HANDOFF'
  readonly failure: HandoffFailure

  constructor(failure: HandoffFailure, cause?: unknown) {
    super(`The process that owns the data directory cannot be reached: ${explanations[failure]}.`, {
      remedy: 'Look for its window, or try again.',
      cause,
    })
    this.failure = failure
  }
}
