import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A PostgreSQL server of the test's own, with an empty database. */
export interface PostgresServer {
  /** Over a Unix socket that only this user and root can reach. */
  readonly url: string
  /** Over TCP, at an address that was given to {@link startPostgres}. */
  urlAt(address: string): string
  /** Ends all its processes as a crash does, and starts it again. */
  crashAndRestart(): void
  stop(): void
}

// PostgreSQL refuses root. This is nobody, on most systems.
const ordinaryUser = 65_534
// Below the ports that the kernel gives to clients, and not PostgreSQL's own.
const port = 10_000 + (process.pid % 20_000)

/**
 * Creates and starts a server, as an ordinary user.
 *
 * @param addresses where it listens, besides its socket.
 * @returns why there is none here otherwise.
 */
export function startPostgres(addresses: readonly string[] = []): PostgresServer | { missing: string } {
  const programs = folderOfPrograms()
  if (programs === undefined) return { missing: 'there is no PostgreSQL server (Debian: postgresql)' }
  const folder = mkdtempSync(join(tmpdir(), 'datadir-postgres-'))
  chmodSync(folder, 0o755)
  const [data, socket] = [join(folder, 'data'), join(folder, 'socket')]
  for (const path of [data, socket]) {
    mkdirSync(path, { mode: 0o700 })
    if (process.geteuid?.() === 0) chownSync(path, ordinaryUser, ordinaryUser)
  }
  const run = (program: string, ...args: string[]) => runAsUser(folder, join(programs, program), args)
  const control = (...args: string[]) => run('pg_ctl', '-D', data, '-l', join(data, 'log'), '--wait', ...args)
  const stop = () => {
    control('stop', '--mode', 'immediate')
    rmSync(folder, { recursive: true, force: true })
  }
  const password = randomBytes(16).toString('hex')
  const passwordFile = join(socket, 'password')
  writeFileSync(passwordFile, password, { mode: 0o644 })
  const access = ['--auth-local=trust', '--auth-host=scram-sha-256', `--pwfile=${passwordFile}`]
  // Without waiting for the disk: the new files need not survive a power cut.
  run('initdb', '-D', data, '--username=notes', ...access, '--no-locale', '--encoding=UTF8', '--no-sync')
  appendFileSync(join(data, 'pg_hba.conf'), 'host all all all scram-sha-256\n')
  control('start', '-o', `-k ${socket} -p ${port} -c listen_addresses=${addresses.join(',')}`)
  return {
    url: `postgresql://notes@${encodeURIComponent(socket)}:${port}/postgres`,
    urlAt: (address) => `postgresql://notes:${password}@${address}:${port}/postgres`,
    crashAndRestart: () => control('restart', '--mode', 'immediate'),
    stop,
  }
}

function folderOfPrograms(): string | undefined {
  if (process.platform !== 'linux') return undefined
  const versions = '/usr/lib/postgresql'
  const installed = existsSync(versions) ? readdirSync(versions) : []
  const newestFirst = installed.toSorted((one, other) => Number(other) - Number(one))
  const folders = [...newestFirst.map((version) => join(versions, version, 'bin')), '/usr/bin']
  return folders.find((folder) => existsSync(join(folder, 'initdb')))
}

function runAsUser(cwd: string, program: string, args: readonly string[]): void {
  const id = String(ordinaryUser)
  const become =
    process.geteuid?.() === 0 ? ['setpriv', `--reuid=${id}`, `--regid=${id}`, '--clear-groups'] : []
  const [command = '', ...rest] = [...become, program, ...args]
  // A server inherits the descriptors of pg_ctl: a pipe would stay open.
  execFileSync(command, rest, { cwd, stdio: ['ignore', 'ignore', 'inherit'] })
}
