import { DataDirError } from '../../../shared/data-dir-error.ts'

/** Why a request to the owner failed. */
export type HandoffFailure =
  | 'no-endpoint'
  | 'gone'
  | 'not-trusted'
  | 'no-answer'
  | 'bad-answer'
  | 'refused'
  | 'too-big'

const explanations: Record<Exclude<HandoffFailure, 'too-big'>, string> = {
  'no-endpoint': 'it takes no requests',
  gone: 'nothing listens at its endpoint',
  'not-trusted': 'its socket belongs to another user, or is in a folder that others can write',
  'no-answer': 'it does not answer',
  'bad-answer': 'its answer is not valid',
  refused: 'it refused to report its state',
}

const remedies: Partial<Record<HandoffFailure, string>> = {
  'not-trusted': 'Nothing was sent to it. Start both processes as the same user.',
  'too-big': 'Open fewer files at a time, or a shorter link.',
}

function summaryOf(failure: HandoffFailure): string {
  if (failure === 'too-big')
    return 'Too many files were opened at once, or the link is too long (over 1 MiB).'
  return `The process that owns the data directory cannot be reached: ${explanations[failure]}.`
}

/** A request to the owner of a data directory failed. The owner was not disturbed, and may still be there. */
export class HandoffError extends DataDirError {
  static readonly code = 'ERR_DATADIR_HANDOFF'
  readonly code = HandoffError.code
  /** Why, for a program. */
  readonly failure: HandoffFailure

  constructor(failure: HandoffFailure, cause?: unknown) {
    super(summaryOf(failure), { remedy: remedies[failure] ?? 'Look for its window, or try again.', cause })
    this.failure = failure
  }
}
