import { accessSync, constants, readFileSync, type Stats, statSync } from 'node:fs'
import { userInfo } from 'node:os'
import { dirname } from 'node:path'
import { explained, type SystemFailure } from '../../shared/system-failure.ts'

/** A file or folder that this user cannot use. */
interface Closed {
  readonly path: string
  readonly stats: Stats
  readonly code: string
}

/**
 * Finds which of some files, and whether their folder, the user who runs this process cannot read and write, and which
 * command gives them back. It asks the system (man 2 access) and opens nothing.
 *
 * @param paths files in one folder. A file that does not exist is passed over.
 * @returns undefined if all of them and the folder can be read and written.
 */
export function accessFailureOf(paths: readonly [string, ...string[]]): SystemFailure | undefined {
  const dir = dirname(paths[0])
  const folder = closedAt(dir, constants.R_OK | constants.W_OK | constants.X_OK)
  const files = paths.flatMap((path) => closedAt(path, constants.R_OK | constants.W_OK) ?? [])
  const closed = folder ? [folder, ...files] : files
  const [first] = closed
  if (!first) return undefined
  if (first.code === 'EROFS') return { ...explained('read-only-filesystem', first.code), path: first.path }
  return {
    kind: 'read-only',
    code: first.code,
    what: `${closed.map(whoseFile).join(', ')}, and ${presentUser()} cannot read and write ${closed.length > 1 ? 'them' : 'it'}`,
    remedy: `${remedyFor(dir, closed)} Then try again.`,
    path: first.path,
  }
}

function closedAt(path: string, mode: number): Closed | undefined {
  let stats: Stats | undefined
  try {
    stats = statSync(path, { throwIfNoEntry: false })
    if (stats) accessSync(path, mode)
    return undefined
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    const isRefusal = code === 'EACCES' || code === 'EPERM' || code === 'EROFS'
    return stats && isRefusal ? { path, stats, code } : undefined
  }
}

function whoseFile(closed: Closed): string {
  const { path, stats } = closed
  // Windows has no owner that Node.js can name.
  if (process.platform === 'win32') return `${path} is read-only`
  if (isImmutable(closed)) return `${path} is protected against changes`
  const mode = (stats.mode & 0o777).toString(8).padStart(3, '0')
  return `${path} belongs to ${nameOfUser(stats.uid)} (mode ${mode})`
}

/** Not even its owner, or root, can write such a file: man 2 access, EPERM. */
function isImmutable({ code }: Closed): boolean {
  return code === 'EPERM' && process.platform !== 'win32'
}

function remedyFor(dir: string, closed: readonly Closed[]): string {
  if (process.platform === 'win32') return 'Clear “Read-only” in the properties of the file.'
  const immutable = closed.filter(isImmutable)
  if (immutable.length > 0) {
    const command = process.platform === 'darwin' ? 'chflags nouchg' : 'sudo chattr -i'
    return `Run \`${command} ${immutable.map(({ path }) => quoted(path)).join(' ')}\`.`
  }
  const paths = closed.map(({ path }) => quoted(path)).join(' ')
  if (closed.every(({ stats }) => stats.uid === process.getuid?.())) {
    const isFolder = closed.some(({ stats }) => stats.isDirectory())
    return `Run \`chmod ${isFolder ? 'u+rwX' : 'u+rw'} ${paths}\`.`
  }
  // Everything that the other user has left there: backups too.
  return `Run \`sudo chown -R ${presentUser()} ${quoted(dir)}\`.`
}

function presentUser(): string {
  try {
    return userInfo().username
  } catch {
    // A user without an entry in the system's list.
    return String(process.getuid?.() ?? 'this user')
  }
}

/** The system's list is read directly, because Node.js gives the name of the present user only. */
function nameOfUser(uid: number): string {
  try {
    for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
      const [name, , id] = line.split(':')
      if (name && Number(id) === uid) return name
    }
  } catch {
    // No such list here.
  }
  return `user ${uid}`
}

/** A path as a shell takes it. */
function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`
}
