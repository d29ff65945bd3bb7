/**
 * Every text of the held dialog. What is in braces is filled in: `{product}` is this app, `{app}` the owner, and
 * `{pid}` the whole of the entry `pid`, or nothing where the PID is not known.
 */
export interface HeldWords {
  /** What `{pid}` becomes. `{number}` is the PID. */
  readonly pid: string
  readonly answering: string
  /** The owner answers, but calls itself something else than this app. */
  readonly answeringOther: string
  readonly starting: string
  /** `{done}` of `{total}` migrations. */
  readonly migrating: string
  /** `{time}` of the last sign of life: a duration would be wrong a second after it was shown. */
  readonly silent: string
  readonly quitting: string
  readonly noServer: string
  /** Stands for `{app}` where nothing tells who the owner is. */
  readonly anotherProgram: string

  /** A line of advice under the message of each case that needs one. */
  readonly soon: string
  readonly silentAdvice: string
  readonly opensAfterwards: string

  readonly version: string
  readonly started: string
  readonly program: string
  readonly folder: string
  /** `{host}` is the other computer's name. */
  readonly otherHost: string
  readonly otherHostUnnamed: string
  readonly otherNamespace: string

  readonly show: string
  readonly tryAgain: string
  readonly endProcess: string
  readonly copyDetails: string
  readonly quit: string

  /** What became of the button that was pressed before. `{reason}` is the owner's own. */
  readonly refused: string
  readonly noWindow: string
  readonly noAnswer: string
  readonly notEnded: string

  /** The second question before a process is ended. */
  readonly endQuestion: string
  readonly endConsequence: string
  readonly endConfirm: string
  readonly endCancel: string
}
