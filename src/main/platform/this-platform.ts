import type { LockPlatform } from './lock-platform.ts'
import { posix } from './posix.ts'
import { windows } from './windows.ts'

export const thisPlatform: LockPlatform = process.platform === 'win32' ? windows : posix
