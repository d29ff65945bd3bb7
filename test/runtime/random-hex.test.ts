import { afterEach, expect, test, vi } from 'vitest'
import { randomHex } from '../../src/main/runtime/random-hex.ts'

afterEach(() => vi.unstubAllGlobals())

test.each(['as this system is', 'as on Windows, which has no such device'])('%s', (system) => {
  if (system.includes('Windows')) vi.stubGlobal('process', { ...process, platform: 'win32' })
  const texts = Array.from({ length: 100 }, () => randomHex(16))

  expect(new Set(texts).size).toBe(100)
  for (const text of texts) expect(text).toMatch(/^[0-9a-f]{32}$/)
})
