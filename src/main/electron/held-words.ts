import type { DataDirLockedError } from '../lock/errors.ts'

/** What the held dialog says, apart from how it is shown. */
export interface HeldWords {
  readonly message: string
  readonly detail: string
}

/**
 * Words for a data directory that somebody else owns.
 *
 * @param error who owns it.
 * @param product this app's name.
 * @param locale a BCP 47 tag for the start time; the system's default where undefined.
 */
export function heldWords(error: DataDirLockedError, product: string, locale?: string): HeldWords {
  return { message: messageOf(error, product), detail: detailOf(error, locale) }
}

function messageOf({ owner, holder, pid }: DataDirLockedError, product: string): string {
  const number = pid === undefined ? '' : ` (PID ${pid})`
  if (owner?.app === product) return `${product} is already running${number}.`
  const other = owner?.app ?? holder?.program ?? 'another program'
  return `The data of ${product} is in use by ${other}${number}.`
}

function detailOf({ owner, dir }: DataDirLockedError, locale: string | undefined): string {
  const facts: string[] = []
  if (owner?.version) facts.push(`Version ${owner.version}`)
  if (owner?.started_at) facts.push(`started ${formatTime(owner.started_at, locale)}`)
  return [facts.join(', '), `Data folder: ${dir}`].filter(Boolean).join('\n')
}

function formatTime(timestamp: string, locale: string | undefined): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(
    new Date(timestamp),
  )
}
