// A read beside a write may get some of both, and the writer may be off the processor in between for so long that a second
// read gets the same: seen on ext4, twice in some 400,000 reads. Half of each is still JSON as often as not.

/** What a check adds to a record, in bytes at most. */
export const checkBytes = ',"check":4294967295'.length

const checked = /^(.*),"check":(\d{1,10})\}\s*$/s

/**
 * Adds a check to a record, as its last field.
 *
 * @param json an object that is not empty.
 */
export function withCheck(json: string): string {
  const content = json.slice(0, -1)
  return `${content},"check":${checkOf(content)}}`
}

/** Whether a record has a check: one that another program wrote has none. */
export function hasCheck(text: string): boolean {
  return checked.test(text)
}

/** Whether a record is as it was written, as far as its check tells. */
export function isWhole(text: string): boolean {
  const [, content, check] = checked.exec(text) ?? []
  return content === undefined || checkOf(content) === Number(check)
}

/** FNV-1a of 32 bits, over UTF-16: it is there to notice accidents, and nobody's forgery. */
function checkOf(content: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < content.length; index++) {
    hash = Math.imul(hash ^ content.charCodeAt(index), 0x01000193)
  }
  return hash >>> 0
}
