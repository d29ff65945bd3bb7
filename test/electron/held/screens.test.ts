import { expect, test } from 'vitest'
import { otherScreen, ownScreen } from '../../../src/main/electron/held/screens.ts'

const x11 = (DISPLAY: string) => ownScreen({ DISPLAY }, 'linux')
const wayland = (WAYLAND_DISPLAY: string, DISPLAY?: string) =>
  ownScreen({ WAYLAND_DISPLAY, XDG_RUNTIME_DIR: '/run/user/1000', DISPLAY }, 'linux')

test('two X servers are two screens, and all screens of one server are one', () => {
  expect(otherScreen(x11(':1'), x11(':2'))).toBe(':1')
  expect(otherScreen(x11(':0'), x11('localhost:10.0'))).toBe(':0')
  expect(otherScreen(x11(':1'), x11(':1.1'))).toBeUndefined()
  expect(otherScreen(x11('ada/unix:1.0'), x11(':1'))).toBeUndefined()
})

test('a session is the same if its X server or its compositor is the same', () => {
  expect(otherScreen(wayland('wayland-0', ':0'), x11(':0'))).toBeUndefined()
  expect(otherScreen(wayland('wayland-0'), wayland('/run/user/1000/wayland-0', ':0'))).toBeUndefined()
  expect(otherScreen(wayland('wayland-0'), wayland('wayland-1'))).toBe('/run/user/1000/wayland-0')
  expect(otherScreen(wayland('wayland-0', ':0'), wayland('wayland-1', ':1'))).toBe(':0')
})

test('if two screens cannot be compared, they do not count as different', () => {
  expect(otherScreen(undefined, x11(':1'))).toBeUndefined()
  expect(otherScreen({}, x11(':1'))).toBeUndefined()
  expect(otherScreen(x11(':1'), ownScreen({}, 'linux'))).toBeUndefined()
  expect(otherScreen(wayland('wayland-0'), x11('localhost:10.0'))).toBeUndefined()
  expect(ownScreen({ DISPLAY: ':0' }, 'darwin')).toEqual({})
})
