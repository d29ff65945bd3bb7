/** What the owner of a data directory is doing, as far as a contender can tell. */
export type HeldCase =
  /** It answers, and its window can be asked for. */
  | { readonly kind: 'answering' }
  /** It answers, but its window is not there yet. */
  | { readonly kind: 'starting' }
  /** It answers, and migrates its database: so many migrations of so many are done. */
  | { readonly kind: 'migrating'; readonly done: number; readonly total: number }
  /** It waits for its user to answer a question about its data, in a dialog. */
  | { readonly kind: 'asking' }
  /** Its process is there, but has shown no sign of life since then. */
  | { readonly kind: 'silent'; readonly since: Date }
  /** It is closing, and lets go of the lock when it has. */
  | { readonly kind: 'quitting' }
  /** It takes no requests: a command line, a script, another program. */
  | { readonly kind: 'no-server' }

/** Where the owner's PID means something: in this process's own numbering, or only in another one. */
export type OwnerPlace = 'here' | 'other-host' | 'other-pid-namespace'

/** Who owns the directory; what is not known is left out. */
export interface HeldFacts {
  /** This app's name. */
  readonly product: string
  /** The owner's name for itself. */
  readonly app?: string | undefined
  readonly pid?: number | undefined
  /** The owner's program: a path, or the kernel's short name for it. */
  readonly program?: string | undefined
  readonly version?: string | undefined
  readonly startedAt?: string | undefined
  /** The owner's computer, as the owner calls it. */
  readonly host?: string | undefined
  readonly place: OwnerPlace
  /** Whether the owner is of another user account of this computer. It then takes no requests from this one. */
  readonly isOtherUser?: boolean | undefined
  /** Whether the kernel shows that this very process has the lock: only then may it be ended. */
  readonly isIdentified: boolean
  /** The data directory's real path. */
  readonly dir: string
}
