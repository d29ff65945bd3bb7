import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { attempt } from '../../../shared/attempt.ts'
import { ownIdentity } from '../../owner/process-identity.ts'
import { isProcOurs, userOfProcess } from '../../owner/process-stat.ts'

/**
 * The first PID namespace's inode number (`PROC_PID_INIT_INO` in the kernel's include/linux/proc_ns.h). Every process can be
 * seen from there.
 */
const firstPidNamespace = 0xef_ff_ff_fc
/** The first user namespace (`PROC_USER_INIT_INO`). From another one, no process outside of it may be inspected. */
const firstUserNamespace = 'user:[4026531837]'

/**
 * The path to which a socket is bound before it is renamed. When libuv closes a socket, it removes the file at the path to which the
 * socket was bound. After a lost lock that may be another owner's. This path is as long as the other one, so it fits too.
 */
export function firstPathOf(path: string): string {
  return `${path.slice(0, -1)}~`
}

/**
 * Whether a process of this user listens at a socket, as far as `/proc/net/unix` and `/proc/PID/fd` say (man 5 proc_pid_fd).
 * The folder of the socket needs its own check.
 *
 * @param supposed the process that should listen, according to the record. It is checked first.
 * @returns true also if the system cannot answer: it is not Linux; the kernel does not list the socket, because no process
 * listens, or only one in another network namespace; this process is in a PID or user namespace from which it does not see
 * all others, as one sandbox of an app does not see another; or the supposed process belongs to this user, but may not be
 * inspected, for example because it has more privileges.
 */
export function isListenerOurs(path: string, supposed: number | undefined): boolean {
  if (!isProcOurs() || ownIdentity().pid_ns !== firstPidNamespace) return true
  if (targetOf('/proc/self/ns/user') !== firstUserNamespace) return true
  const sockets = listeningSockets(path)
  if (sockets.size === 0) return true
  if (supposed !== undefined && hasOpen(supposed, sockets) !== false) return true
  if (processes().some((pid) => hasOpen(pid, sockets))) return true
  // A listener that has ended meanwhile is not listed any more.
  return ![...listeningSockets(path)].some((socket) => sockets.has(socket))
}

// Num RefCount Protocol Flags Type St Inode Path; the flag is __SO_ACCEPTCON, which a listening socket has.
const listening = /^\S+: \S+ \S+ 00010000 \S+ \S+ +(\d+) (.*)$/gm

/** As `/proc/PID/fd` calls them. The kernel lists a socket under the path it was bound to. */
function listeningSockets(path: string): Set<string> {
  const paths = [path, firstPathOf(path)]
  // Without this list the folder alone decides.
  const list = attempt(() => readFileSync('/proc/net/unix', 'utf8')) ?? ''
  return new Set(
    [...list.matchAll(listening)].flatMap(([, inode, bound = '']) =>
      paths.includes(bound) ? `socket:[${inode}]` : [],
    ),
  )
}

/** @returns undefined if a process of this user may not be inspected. */
function hasOpen(pid: number, sockets: Set<string>): boolean | undefined {
  if (userOfProcess(pid) !== process.geteuid?.()) return false
  const folder = `/proc/${pid}/fd`
  try {
    const targets = readdirSync(folder).map((fd) => targetOf(`${folder}/${fd}`))
    if (targets.some((target) => target !== undefined && sockets.has(target))) return true
    return targets.includes(undefined) ? undefined : false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? undefined : false
  }
}

/** @returns undefined if it may not be read, and an empty text if it was closed meanwhile. */
function targetOf(link: string): string | undefined {
  try {
    return readlinkSync(link)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? undefined : ''
  }
}

function processes(): number[] {
  return readdirSync('/proc').map(Number).filter(Number.isSafeInteger)
}
