/**
 * Every text of the held dialog. Names in braces are replaced: `{product}` with the name of this app, and `{app}` with the
 * name of the owner. In the text of a button, `&` marks the access key, and `&&` is one `&`.
 */
export interface HeldWords {
  /** The message if the owner answers and can show its window, or has the name of this app and accepts no requests. */
  readonly answering: string
  /** The message if the owner answers, but its name differs from the name of this app. */
  readonly answeringOther: string
  /** The message if the owner answers, but has no window yet. */
  readonly starting: string
  /** The message while the owner migrates its database: `{done}` of `{total}` migrations. */
  readonly migrating: string
  /** The message while the owner waits for its user to answer a question about its data. */
  readonly asking: string
  /** The message if the owner does not answer. */
  readonly silent: string
  /** The message while the owner is closing. */
  readonly quitting: string
  /**
   * The message if the owner accepts no requests and its name differs from the name of this app, for example because it is
   * a command-line tool, a script or another program.
   */
  readonly noServer: string
  /** The message if the app's own store is in use elsewhere, for example on another computer. */
  readonly elsewhere: string
  /** The text for `{app}` if nothing shows which program the owner is. */
  readonly anotherProgram: string

  /** The advice under the message while the owner is starting or migrating. */
  readonly soon: string
  /** The advice while the owner waits for an answer. */
  readonly askingAdvice: string
  /** The advice if the owner does not answer. */
  readonly silentAdvice: string
  /** Added to that advice if there is the button **End Process…**. */
  readonly silentWarning: string
  /** The advice if the owner is closing, or accepts no requests. */
  readonly opensAfterwards: string
  /**
   * A line below the advice if the owner's windows are on another screen than this dialog. `{screen}` is the name of that
   * screen, for example `:1`.
   */
  readonly otherScreen: string

  /** A line of facts if the launch is to open a file: `{value}` is the name of the file. */
  readonly file: string
  /** The same for several files: `{value}` is the name of the first one, and `{count}` the number of the others. */
  readonly files: string
  /** A line of facts: `{value}` is the owner's PID. */
  readonly pid: string
  /**
   * A line of facts if the owner does not answer: `{value}` is the time of the first question that it did not answer. It is
   * not a duration, because a duration would be wrong a second later.
   */
  readonly silentSince: string
  /** A line of facts: `{value}` is the owner's version. */
  readonly version: string
  /** A line of facts: `{value}` is the time when the owner took the directory, in the dialog's language. */
  readonly started: string
  /** A line of facts: `{value}` is the owner's program, a path or the kernel's short name for it. */
  readonly program: string
  /** A line of facts: `{value}` is the data directory's real path. */
  readonly folder: string
  /** A line of facts if the owner's PID is valid on another computer. `{host}` is the name of that computer. */
  readonly otherHost: string
  /** The same, if the name of the other computer is not known. */
  readonly otherHostUnnamed: string
  /** A line of facts if the owner's PID is valid in another PID namespace, for example that of a container. */
  readonly otherNamespace: string

  /** A line of facts if the store is in use elsewhere: `{value}` is the computer's name. */
  readonly computer: string
  /** A line of facts if the store is in use elsewhere: `{value}` is the user's name. */
  readonly user: string

  /** A line of facts if another user of this computer has started the owner. */
  readonly otherUser: string

  /** The button that hands the launch over. The owner then brings its window to the front. */
  readonly show: string
  /** The button that tries the lock again, and asks the owner again. */
  readonly tryAgain: string
  /** The button that ends an owner that does not answer, after a second question. */
  readonly endProcess: string
  /** The button that copies all the text of the dialog to the clipboard. */
  readonly copyDetails: string
  /** The button that ends this app. The owner goes on. */
  readonly quit: string

  /** A line above the advice, after **Show**: the owner refused, and gave the `{reason}`. */
  readonly refused: string
  /** A line above the advice, after **Show**: the owner has the launch, but no window to show. */
  readonly noWindow: string
  /** A line above the advice, after **Show**: the owner did not answer in time. */
  readonly noAnswer: string
  /** A line above the advice: the launch is too large to be handed over. */
  readonly tooBig: string
  /** A line above the advice, after **Show**: the owner runs, but its answer makes no sense. */
  readonly unreachable: string
  /** A line above the advice, after **End Process…**: the owner still runs. The system gives the `{reason}`. */
  readonly notEnded: string

  /** The second question before a process is ended. */
  readonly endQuestion: string
  /** What is lost, and how the process is ended. */
  readonly endConsequence: string
  /** The button that ends the process. */
  readonly endConfirm: string
  /** The button that cancels. Enter and Esc press it. */
  readonly endCancel: string
  /** The message while the process is being ended. */
  readonly ending: string
  /** How long that may take. */
  readonly endingAdvice: string
}
