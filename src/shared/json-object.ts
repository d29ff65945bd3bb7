/**
 * Reads JSON that any program may have written. Never throws.
 *
 * @returns undefined if the text is not JSON, or not an object.
 */
export function parseJsonObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    // Not JSON. No caller needs the position of the first wrong letter.
    return undefined
  }
}
