// The tree that a screen reader gets on Linux, from a session bus of its own.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'

const launcher = ['/usr/libexec/at-spi-bus-launcher', '/usr/lib/at-spi2-core/at-spi-bus-launcher'].find(
  (path) => existsSync(path),
)

/** Why there is no such tree on this computer, if there is none. */
export function whyNoAccessibleTree(): string | undefined {
  if (launcher === undefined) return 'at-spi2-core is not installed'
  const missing = ['dbus-run-session', 'gdbus', 'busctl'].find(
    (command) => spawnSync(command, ['--version']).error !== undefined,
  )
  return missing && `${missing} is not installed`
}

/** A session in which a screen reader is enabled. */
export interface ReaderSession {
  /** The environment of an app in this session. */
  readonly env: Record<string, string>
  readonly process: ChildProcess
  /** The names of everything that the apps of this session show, each after its role. */
  names(): string[]
}

export async function openReaderSession(): Promise<ReaderSession> {
  const script = `"$0" --screen-reader=1 & echo "$DBUS_SESSION_BUS_ADDRESS"; wait`
  const session = spawn('dbus-run-session', ['--', 'bash', '-c', script, launcher ?? ''], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [line] = (await once(session.stdout.setEncoding('utf8'), 'data')) as [string]
  // What a desktop sets for its apps when a screen reader is enabled. Chromium does not load its bridge without it.
  const env = { DBUS_SESSION_BUS_ADDRESS: line.trim(), GNOME_ACCESSIBILITY: '1' }
  const options = { env: { ...process.env, ...env }, encoding: 'utf8' } as const
  const method = ['--object-path', '/org/a11y/bus', '--method', 'org.a11y.Bus.GetAddress']
  const reply = execFileSync('gdbus', ['call', '--session', '--dest', 'org.a11y.Bus', ...method], options)
  const address = /'(.+)'/.exec(reply)?.[1]

  /** @returns undefined if it is gone. */
  const ask = (object: [string, string], verb: string, member: string) => {
    const words = [verb, ...object, 'org.a11y.atspi.Accessible', member]
    const { stdout } = spawnSync('busctl', [`--address=${address}`, '--json=short', ...words], options)
    return stdout === '' ? undefined : (JSON.parse(stdout).data as unknown)
  }
  const childrenOf = (object: [string, string]) =>
    (ask(object, 'call', 'GetChildren') as [[string, string][]] | undefined)?.[0] ?? []
  const walk = (object: [string, string]): string[] => [
    `${ask(object, 'call', 'GetRoleName')}: ${ask(object, 'get-property', 'Name')}`,
    ...childrenOf(object).flatMap(walk),
  ]
  return {
    env,
    process: session,
    names: () => walk(['org.a11y.atspi.Registry', '/org/a11y/atspi/accessible/root']),
  }
}
