/**
 * Every text of the held dialog. What is in braces is filled in: `{product}` is this app, `{app}` the owner, and
 * `{pid}` the whole of the entry `pid`, or nothing where the PID is not known.
 */
export interface HeldWords {
  /** What `{pid}` becomes. `{number}` is the PID. */
  readonly pid: string
  /** The message where the owner answers and its window can be asked for. */
  readonly answering: string
  /** The owner answers, but calls itself something else than this app. */
  readonly answeringOther: string
  /** The message where the owner answers, but has no window yet. */
  readonly starting: string
  /** The message where the owner migrates its database: `{done}` of `{total}` migrations. */
  readonly migrating: string
  /** The message when the owner waits for its user to answer a question about its data. */
  readonly asking: string
  /**
   * The message where the owner does not answer. `{time}` is that of its last sign of life: a duration would be wrong
   * a second after it was shown.
   */
  readonly silent: string
  /** The message where the owner is closing. */
  readonly quitting: string
  /** The message where the owner takes no requests: a command line, a script, another program. */
  readonly noServer: string
  /** Stands for `{app}` where nothing tells who the owner is. */
  readonly anotherProgram: string

  /** The advice under the message while the owner is starting or migrating. */
  readonly soon: string
  /** The advice while the owner waits for an answer. */
  readonly askingAdvice: string
  /** The advice where the owner does not answer. */
  readonly silentAdvice: string
  /** The advice where the owner is closing, or takes no requests. */
  readonly opensAfterwards: string

  /** A line of facts: `{value}` is the owner's version. */
  readonly version: string
  /** A line of facts: `{value}` is when the owner took the directory, in the dialog's language. */
  readonly started: string
  /** A line of facts: `{value}` is the owner's program, a path or the kernel's short name for it. */
  readonly program: string
  /** A line of facts: `{value}` is the data directory's real path. */
  readonly folder: string
  /** A line of facts where the owner's PID counts on another computer; `{host}` is that computer's name. */
  readonly otherHost: string
  /** The same, where the other computer's name is not known. */
  readonly otherHostUnnamed: string
  /** A line of facts where the owner's PID counts in another PID namespace, a container's for instance. */
  readonly otherNamespace: string

  /** A line of facts if another user of this computer has started the owner. */
  readonly otherUser: string

  /** The button that hands the launch over, which brings the owner's window to the front. */
  readonly show: string
  /** The button that tries the lock, and the owner, again. */
  readonly tryAgain: string
  /** The button that ends an owner that does not answer, after a second question. */
  readonly endProcess: string
  /** The button that puts all the dialog says on the clipboard. */
  readonly copyDetails: string
  /** The button that ends this app and leaves the owner alone. */
  readonly quit: string

  /** Above the advice, after **Show**: the owner refused. `{reason}` is its own. */
  readonly refused: string
  /** Above the advice, after **Show**: the owner has the launch, but no window to show. */
  readonly noWindow: string
  /** Above the advice, after **Show**: the owner did not answer in time. */
  readonly noAnswer: string
  /** Above the advice, after **End Process…**: the owner is still there. `{reason}` is the system's. */
  readonly notEnded: string

  /** The second question before a process is ended. */
  readonly endQuestion: string
  /** What is lost by that, and how the process is ended. */
  readonly endConsequence: string
  /** The button that ends the process. */
  readonly endConfirm: string
  /** The button that does not; Enter and Esc press it. */
  readonly endCancel: string
}
