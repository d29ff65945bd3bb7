import { readFileSync } from 'node:fs'
import { parseJsonObject } from '../../shared/json-object.ts'

/** The version of this package. */
export function packageVersion(): string {
  // As far up from dist/main/cli as from src/main/cli.
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')
  return String(parseJsonObject(text)?.version)
}
