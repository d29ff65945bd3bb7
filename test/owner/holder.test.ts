import { expect, test } from 'vitest'
import { findFlockPids } from '../../src/main/owner/proc-locks.ts'

const locks = `1: POSIX  ADVISORY  WRITE 900 08:01:131 1073741826 1073742335
2: FLOCK  ADVISORY  READ  901 08:01:133 0 EOF
2: FLOCK  ADVISORY  READ  905 08:01:133 0 EOF
3: FLOCK  ADVISORY  WRITE 902 fe:0a:131 0 EOF
3: -> FLOCK  ADVISORY  WRITE 903 08:01:131 0 EOF
4: FLOCK  ADVISORY  WRITE 904 08:01:131 0 EOF
`

const pidsOf = (major: bigint, minor: bigint, inode: bigint, text = locks) =>
  findFlockPids(text, { major, minor, inode })

test('finds the flock on the very inode of the very device, exclusive or shared', () => {
  expect(pidsOf(8n, 1n, 131n)).toEqual([904])
  expect(pidsOf(0xfen, 0x0an, 131n)).toEqual([902])
  expect(pidsOf(8n, 1n, 133n)).toEqual([901, 905])
})

test('finds nobody on another inode, in an empty file or in nonsense', () => {
  expect(pidsOf(8n, 1n, 132n)).toEqual([])
  expect(pidsOf(8n, 1n, 131n, '')).toEqual([])
  expect(pidsOf(8n, 1n, 131n, '4: FLOCK ADVISORY WRITE x y:z:w 0 EOF')).toEqual([])
})
