import { isUtf8 } from 'node:buffer'
import { opendir, readFile, realpath, stat } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import { MAX_TITLE_LENGTH, type NoteText } from '../../../shared/notes/notes.ts'
import { plainText } from '../store/plain-text.ts'

const MAX_FILE_BYTES = 5 * 1024 * 1024
// “# Title”, or “Title” with “=====” under it.
const HEADING = /^\s*(?:#[ \t]+(.+?)[ \t]*#*[ \t]*|(\S.*)\n=+[ \t]*)(?:\n+|$)/
const EXTENSIONS = new Set(['.md', '.markdown', '.txt', '.text'])

/** A file as a note. `path` is its real path, so that one file stays one note, by whatever path it is imported. */
export interface TextFile extends NoteText {
  readonly path: string
}

/** True for the names of Markdown and plain text files. */
export function isTextFileName(path: string): boolean {
  return EXTENSIONS.has(extname(path).toLowerCase())
}

/**
 * Finds the text files under a folder. Leaves out hidden folders, and symbolic links, which could form a loop. A folder
 * that cannot be read counts as empty.
 */
export async function* findTextFiles(folder: string): AsyncGenerator<string> {
  const entries = await opendir(folder).catch(() => undefined)
  if (!entries) return
  for await (const entry of entries) {
    const path = join(folder, entry.name)
    if (entry.isDirectory() && !entry.name.startsWith('.')) yield* findTextFiles(path)
    else if (entry.isFile() && isTextFileName(entry.name)) yield path
  }
}

/** Reads a file as a note. Undefined if it is larger than 5 MB, not UTF-8 text, or not readable. */
export async function readTextFile(alias: string): Promise<TextFile | undefined> {
  try {
    const path = await realpath(alias)
    const { size } = await stat(path)
    if (size > MAX_FILE_BYTES) return undefined
    const bytes = await readFile(path)
    if (bytes.includes(0) || !isUtf8(bytes)) return undefined
    return { path, ...noteTextOf(bytes.toString(), path) }
  } catch {
    return undefined
  }
}

/** A heading at the start becomes the title. Without one, the file's name does. */
export function noteTextOf(content: string, path: string): NoteText {
  // An editor in a page has only this line ending. With others, the first edit would change every line.
  const text = content.replace(/^\uFEFF/, '').replaceAll(/\r\n?/g, '\n')
  const heading = HEADING.exec(text)
  const title = plainText(heading?.[1] ?? heading?.[2] ?? '')
  if (heading && title !== '' && title.length <= MAX_TITLE_LENGTH) {
    return { title, body: text.slice(heading[0].length) }
  }
  return { title: basename(path, extname(path)), body: text }
}
