import { isUtf8 } from 'node:buffer'
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import {
  MAX_FILE_BYTES,
  MAX_TITLE_LENGTH,
  type NoteText,
  type SkippedFile,
} from '../../../shared/notes/notes.ts'
import { plainText } from '../store/plain-text.ts'

// Marks and spaces are not part of a title, so a heading may be longer. A line of megabytes is no heading.
const MAX_HEADING_LENGTH = 200_000
const EXTENSIONS = new Set(['.md', '.markdown', '.txt', '.text'])

/** A file as a note. */
export interface TextFile extends NoteText {
  readonly path: string
  /** When the file was written, in milliseconds since 1970. */
  readonly modifiedAt: number
}

/** True for the names of Markdown and plain text files. */
export function isTextFileName(path: string): boolean {
  return EXTENSIONS.has(extname(path).toLowerCase())
}

/**
 * Finds the text files under a folder, and the folders that cannot be read. Leaves out hidden folders, and symbolic links,
 * which could form a loop.
 */
export async function* findTextFiles(folder: string): AsyncGenerator<string | SkippedFile> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) =>
    skippedFor(error, folder),
  )
  if (!Array.isArray(entries)) return yield entries
  for (const entry of entries) {
    const path = join(folder, entry.name)
    if (entry.isDirectory() && !entry.name.startsWith('.')) yield* findTextFiles(path)
    else if (entry.isFile() && isTextFileName(entry.name)) yield path
  }
}

/** Returns the text files among these files and folders, and under these folders, and what cannot be read. */
export async function textFilesOf(paths: readonly string[]): Promise<(string | SkippedFile)[]> {
  const files: (string | SkippedFile)[] = []
  for (const path of paths) {
    const info = await stat(path).catch((error: unknown) => skippedFor(error, path))
    if ('reason' in info) files.push(info)
    else if (info.isDirectory()) {
      for await (const file of findTextFiles(path)) files.push(file)
    } else if (info.isFile() && isTextFileName(path)) files.push(path)
  }
  return files
}

/** Reads a file as a note, unless it is too large, not UTF-8 text, or cannot be read. */
export async function readTextFile(path: string): Promise<TextFile | SkippedFile> {
  try {
    const stats = await stat(path)
    // The read of a pipe could wait forever.
    if (!stats.isFile()) return { path, reason: 'not-readable' }
    if (stats.size > MAX_FILE_BYTES) return { path, reason: 'too-large' }
    const bytes = await readFile(path)
    if (bytes.includes(0) || !isUtf8(bytes)) return { path, reason: 'not-text' }
    // A date in the future would keep the note on top of the list.
    const modifiedAt = Math.min(Math.round(stats.mtimeMs), Date.now())
    return { path, modifiedAt, ...noteTextOf(bytes.toString(), path) }
  } catch (error) {
    return skippedFor(error, path)
  }
}

/** A heading at the start becomes the title. Without one, the file's name does. */
export function noteTextOf(content: string, path: string): NoteText {
  // An editor in a page has only this line ending. With others, the first edit would change every line.
  const text = content.replace(/^\uFEFF/, '').replaceAll(/\r\n?/g, '\n')
  const heading = headingOf(text)
  const title = plainText(heading && heading.line.length <= MAX_HEADING_LENGTH ? heading.line : '')
  if (heading && title !== '' && title.length <= MAX_TITLE_LENGTH) return { title, body: heading.rest }
  return { title: basename(path, extname(path)), body: text }
}

/**
 * Returns the heading at the start, “# Title” or “Title” with “=====” under it, and the text below it. A single regular
 * expression would need hours for some files.
 */
function headingOf(text: string): { line: string; rest: string } | undefined {
  const [line, below] = cutLine(text.trimStart())
  // `.` in a regular expression does not match these line ends either.
  if (/[\u2028\u2029]/.test(line)) return undefined
  const title = /^#[ \t]+(?=[^ \t])/.exec(line)
  if (title) return { line: withoutClosing(line.slice(title[0].length)), rest: below.replace(/^\n+/, '') }
  const [underline, rest] = cutLine(below)
  return /^=+[ \t]*$/.test(underline) ? { line, rest: rest.replace(/^\n+/, '') } : undefined
}

function cutLine(text: string): [line: string, below: string] {
  const end = text.indexOf('\n')
  return end === -1 ? [text, ''] : [text.slice(0, end), text.slice(end + 1)]
}

/** Removes the signs that may close a heading, “Title ##”, and the blanks around them. At least one character stays. */
function withoutClosing(heading: string): string {
  let end = heading.length
  for (const removed of [' \t', '#', ' \t']) {
    while (end > 1 && removed.includes(heading.charAt(end - 1))) end -= 1
  }
  return heading.slice(0, end)
}

/** The reason for a file, or a folder, that the system did not let us read. */
export function skippedFor(error: unknown, path: string): SkippedFile {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOENT') return { path, reason: 'missing' }
  return { path, reason: code === 'EACCES' || code === 'EPERM' ? 'not-allowed' : 'not-readable' }
}
