import { expect, test } from 'vitest'
import { findFlockPid } from '../../src/main/lock/holder.ts'

const locks = `1: POSIX  ADVISORY  WRITE 900 08:01:131 1073741826 1073742335
2: FLOCK  ADVISORY  READ  901 08:01:133 0 EOF
2: FLOCK  ADVISORY  READ  905 08:01:133 0 EOF
3: FLOCK  ADVISORY  WRITE 902 fe:0a:131 0 EOF
3: -> FLOCK  ADVISORY  WRITE 903 08:01:131 0 EOF
4: FLOCK  ADVISORY  WRITE 904 08:01:131 0 EOF
`

test('finds the flock on the very inode of the very device, exclusive or shared', () => {
  expect(findFlockPid(locks, { major: 8n, minor: 1n }, 131n)).toBe(904)
  expect(findFlockPid(locks, { major: 0xfen, minor: 0x0an }, 131n)).toBe(902)
  expect(findFlockPid(locks, { major: 8n, minor: 1n }, 133n)).toBe(901)
})

test('finds nobody on another inode, in an empty file or in nonsense', () => {
  expect(findFlockPid(locks, { major: 8n, minor: 1n }, 132n)).toBeUndefined()
  expect(findFlockPid('', { major: 8n, minor: 1n }, 131n)).toBeUndefined()
  expect(
    findFlockPid('4: FLOCK ADVISORY WRITE x y:z:w 0 EOF', { major: 8n, minor: 1n }, 131n),
  ).toBeUndefined()
})
