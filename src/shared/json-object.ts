/**
 * Reads JSON that any program may have written.
 *
 * @returns undefined where it is no JSON, or no object. Never throws.
 */
export function parseJsonObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    // Not JSON. Every caller has an answer for that, and none has a use for the position of the first wrong letter.
    return undefined
  }
}
