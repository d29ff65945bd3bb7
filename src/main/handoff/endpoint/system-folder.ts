import { readFileSync } from 'node:fs'

// Root's on every system.
const systemFolders = new Set(['/', '/home', '/run', '/run/user', '/tmp', '/var', '/var/home', '/var/tmp'])

let unmapped: number | undefined | 'none'

/**
 * Whether a folder is one of those that belong to root on every system, in a user namespace that does not map root. There
 * everybody who is not mapped has the same user id (man 7 user_namespaces), so that only its path tells whose it is. The
 * sandboxes that packages of apps run in are such namespaces.
 *
 * @param uid the owner of the folder, as this process sees it.
 */
export function isSystemFolder(path: string, uid: number): boolean {
  return systemFolders.has(path) && uid === unmappedUser()
}

/** @returns `none` outside of such a namespace. */
function unmappedUser(): number | 'none' {
  unmapped ??= process.platform === 'linux' ? readUnmappedUser() : 'none'
  return unmapped
}

function readUnmappedUser(): number | 'none' {
  try {
    const user = Number(readFileSync('/proc/sys/kernel/overflowuid', 'utf8'))
    const isMapped = readFileSync('/proc/self/uid_map', 'utf8')
      .trim()
      .split('\n')
      .some((line) => {
        const [first = 0, , count = 0] = line.trim().split(/\s+/).map(Number)
        return user >= first && user < first + count
      })
    return isMapped ? 'none' : user
  } catch {
    // No /proc, or a kernel without user namespaces.
    return 'none'
  }
}
