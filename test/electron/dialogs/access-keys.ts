import { expect } from 'vitest'

/** Expects that each button has an access key, which no other button of the dialog has. */
export function expectDifferentKeys(labels: readonly string[]): void {
  const keys = labels.map((label) => /&(\p{L})/u.exec(label)?.[1]?.toLowerCase())
  expect([labels, new Set(keys.filter(Boolean)).size]).toEqual([labels, labels.length])
}
