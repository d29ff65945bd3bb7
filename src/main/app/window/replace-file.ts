import { renameSync, rmSync, writeFileSync } from 'node:fs'

/** Writes a file as a whole. If that fails, for example because the disk is full, the file keeps its old text. */
export function replaceFile(path: string, text: string): void {
  const temporary = `${path}.new`
  try {
    writeFileSync(temporary, text)
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}
