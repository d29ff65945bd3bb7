const time = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' })
const dayAndMonth = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' })
const date = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' })
const dateAndTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'long', timeStyle: 'short' })
const integer = new Intl.NumberFormat()
const decimal = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 })

/** Formats a moment (milliseconds since 1970) as short as possible: the time if it is today, else the day. */
export function shortMoment(milliseconds: number, now = new Date()): string {
  const moment = new Date(milliseconds)
  if (moment.toDateString() === now.toDateString()) return time.format(moment)
  return (moment.getFullYear() === now.getFullYear() ? dayAndMonth : date).format(moment)
}

/** Formats a moment (milliseconds since 1970) with its day and time. */
export function longMoment(milliseconds: number): string {
  return dateAndTime.format(milliseconds)
}

/** “1 note”, “1,234 notes”. */
export function counted(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`
}

/** “1,234”. */
export function grouped(count: number): string {
  return integer.format(count)
}

/** Formats a number of bytes in kilobytes or megabytes. */
export function fileSize(bytes: number): string {
  const kilobytes = bytes / 1000
  return kilobytes < 1000
    ? `${integer.format(Math.ceil(kilobytes))} kB`
    : `${decimal.format(kilobytes / 1000)} MB`
}
