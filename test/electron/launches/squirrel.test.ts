import { expect, test } from 'vitest'
import { isSquirrelEvent } from '../../../src/main/electron/launches/squirrel.ts'

test.each(['install', 'updated', 'uninstall', 'obsolete'])(
  '--squirrel-%s on Windows is an event of Squirrel',
  (event) => {
    const argv = ['C:\\Notes\\notes.exe', `--squirrel-${event}`, '1.2.3']
    expect(isSquirrelEvent(argv, 'win32')).toBe(true)
    expect(isSquirrelEvent(argv, 'linux')).toBe(false)
  },
)

test('the first run after an installation is a launch of the user', () => {
  expect(isSquirrelEvent(['notes.exe', '--squirrel-firstrun'], 'win32')).toBe(false)
  expect(isSquirrelEvent(['notes.exe', 'C:\\--squirrel-install'], 'win32')).toBe(false)
})
