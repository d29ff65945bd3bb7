// @ts-check
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const filesPerFolder = 500
// Every note has these, so a search for them matches all.
const frequent = 'the meeting was about a common thing'
const rare = Array.from({ length: 5_000 }, (_, index) => ((index + 3) ** 3 * 7_919).toString(36))

/** The title of the note of 5 MB. */
export const largeTitle = 'The large note'

/**
 * @param {number} index
 * @returns the text of a note of about 500 characters.
 */
export function noteText(index) {
  const words = Array.from({ length: 60 }, (_, place) => rare[(index * 31 + place * place * 7) % rare.length])
  return { title: `Note ${index}`, body: `${frequent}\n\n${words.join(' ')}\n` }
}

/** @returns the text of a note of 5 MB: 50,000 lines. */
export function largeText() {
  return 'A line of the large note has a hundred characters, as a line of a **Markdown** file often has, too.\n'.repeat(
    50_000,
  )
}

/**
 * @param {string} folder
 * @param {number} count
 */
export function writeFiles(folder, count) {
  for (let index = 0; index < count; index += 1) {
    const inner = join(folder, String(Math.floor(index / filesPerFolder)))
    if (index % filesPerFolder === 0) mkdirSync(inner, { recursive: true })
    const { title, body } = noteText(index)
    writeFileSync(join(inner, `${index}.md`), `# ${title}\n\n${body}`)
  }
}
