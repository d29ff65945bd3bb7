import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { onScreen, WindowStateFile } from '../../../src/main/app/window/window-state.ts'

const left = { x: 0, y: 30, width: 1280, height: 770 }
const right = { x: 1280, y: 0, width: 1920, height: 1080 }

test.each([
  ['bounds on a screen stay as they are', { x: 100, y: 90, width: 900, height: 600 }, 'same'],
  [
    'a window under a panel moves below it',
    { x: 0, y: 0, width: 900, height: 600 },
    { x: 0, y: 30, width: 900, height: 600 },
  ],
  [
    'a window that is too large is shrunk',
    { x: 20, y: 40, width: 1250, height: 2000 },
    { x: 20, y: 30, width: 1250, height: 770 },
  ],
  [
    'a window on two screens goes to the one with more of it',
    { x: 1200, y: 100, width: 900, height: 600 },
    { x: 1280, y: 100, width: 900, height: 600 },
  ],
  ['a window on a screen that is gone has no place', { x: 5000, y: 100, width: 900, height: 600 }, undefined],
])('%s', (_title, bounds, expected) => {
  expect(onScreen(bounds, [left, right])).toEqual(expected === 'same' ? bounds : expected)
})

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'window-state-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}

test('the next start reads what was remembered, change by change', () => {
  const [profile, dir] = [folder(), folder()]
  const file = new WindowStateFile(profile, dir)
  file.change({ note: 7 })
  file.change({ bounds: left, isMaximized: true })
  expect(new WindowStateFile(profile, dir).state).toEqual({ note: 7, bounds: left, isMaximized: true })
  file.change({ note: undefined })
  expect(new WindowStateFile(profile, dir).state).toEqual({ bounds: left, isMaximized: true })
  expect(readdirSync(dir)).toEqual([])
})

test.each([
  '',
  '{',
  'null',
  '[]',
  '{"bounds":{"x":"1"},"note":"7"}',
  '{"bounds":{"x":1,"y":2,"width":1e99}}',
])('a file with “%s” is as good as none', (content) => {
  const [profile, dir] = [folder(), folder()]
  new WindowStateFile(profile, dir).change({ note: 7 })
  for (const name of readdirSync(profile)) writeFileSync(join(profile, name), content)
  const { bounds, note } = new WindowStateFile(profile, dir).state
  expect({ bounds, note }).toEqual({})
})

test('a state that cannot be written is still there for this process', () => {
  const file = new WindowStateFile(join(folder(), 'missing'), folder())
  file.change({ note: 7 })
  expect(file.state).toEqual({ note: 7 })
})

test('each data directory has a state of its own, by any path', () => {
  const [profile, before, after] = [folder(), folder(), folder()]
  new WindowStateFile(profile, after).change({ note: 8 })
  const file = new WindowStateFile(profile, before)
  file.change({ note: 7 })
  file.moveTo(after)
  expect(file.state.note).toBe(8)
  file.change({ note: 9 })
  expect(new WindowStateFile(profile, before).state.note).toBe(7)
  expect(new WindowStateFile(profile, `${after}/.`).state.note).toBe(9)
})

test('a data directory that is missing has no state', () => {
  expect(new WindowStateFile(folder(), join(folder(), 'missing')).state).toEqual({})
})
