import { expect, test } from 'vitest'
import { packedProgram } from '../../../src/main/electron/launches/packed-program.ts'

test('a program in the mount of an AppImage was started from that AppImage', () => {
  const env = { APPIMAGE: '/home/ada/Notes.AppImage', APPDIR: '/tmp/.mount_NotesX' }
  expect(packedProgram(env, 'linux', '/tmp/.mount_NotesX/notes')).toBe('/home/ada/Notes.AppImage')
  expect(packedProgram({ ...env, APPIMAGE: '' }, 'linux', '/tmp/.mount_NotesX/notes')).toBeUndefined()
})

test('a program that an AppImage has only started, such as a terminal, is not packed in it', () => {
  const env = { APPIMAGE: '/home/ada/Editor.AppImage', APPDIR: '/tmp/.mount_Edit' }
  expect(packedProgram(env, 'linux', '/opt/Notes/notes')).toBeUndefined()
  expect(packedProgram(env, 'linux', '/tmp/.mount_Editor2/notes')).toBeUndefined()
  expect(packedProgram({}, 'linux', '/opt/Notes/notes')).toBeUndefined()
})

test('a portable Windows app runs from the temporary folder, and was started from another file', () => {
  const env = { PORTABLE_EXECUTABLE_FILE: 'D:\\Notes.exe', TEMP: 'C:\\Users\\ada\\Temp' }
  expect(packedProgram(env, 'win32', 'c:\\users\\Ada\\Temp\\2abc\\Notes.exe')).toBe('D:\\Notes.exe')
  expect(packedProgram(env, 'win32', 'C:\\Program Files\\Notes\\Notes.exe')).toBeUndefined()
  expect(packedProgram(env, 'linux', '/opt/Notes/notes')).toBeUndefined()
})
