/** What the CLI's exit codes mean, the same for every command; from sysexits.h and the shell's own. */
export const exitCode = {
  /** Free, or done. */
  ok: 0,
  /** EX_USAGE: the command line makes no sense. Nothing was touched. */
  usage: 64,
  /** EX_UNAVAILABLE: a directory, a filesystem or a runtime that does not allow what was asked. */
  unavailable: 69,
  /** EX_SOFTWARE: a mistake in this program. */
  internal: 70,
  /** EX_IOERR: the answer could not be written. */
  output: 74,
  /** EX_TEMPFAIL: somebody else owns the directory; another time it may work. */
  held: 75,
  /** As in a shell: the command was found but cannot be run. */
  notExecutable: 126,
  /** As in a shell: there is no such command. */
  notFound: 127,
} as const

/** The part of every help text that says the above. */
export const exitCodesHelp = `Exit codes:
   0  free, or done
  64  the command line makes no sense
  69  it cannot be told or done here: the directory, its filesystem or the runtime does not allow it; the lock was lost
  70  a mistake in electron-datadir itself
  74  the answer could not be written
  75  held by another process (or still held when the time was up)`
