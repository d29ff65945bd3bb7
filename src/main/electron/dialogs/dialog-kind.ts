import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * How dialogs appear. `native`: message boxes of the system. `html`: small windows with a page of the package. Screen readers
 * on Linux can read only these.
 */
export type DialogKind = 'native' | 'html'

/** The longest time for which a dialog waits for the desktop's answer, in milliseconds. */
const patience = 300
/** How long the desktop may take to answer, in milliseconds. Later dialogs use an answer that came too late for the first. */
const answerTime = 5_000

const property = ['org.a11y.Status', 'ScreenReaderEnabled']
const path = '/org/a11y/bus'
/** Most desktops have the first one, and every system with systemd has the second. */
const questions: readonly (readonly [string, ...string[]])[] = [
  [
    ...(['gdbus', 'call', '--session', '--dest', 'org.a11y.Bus', '--object-path', path] as const),
    ...['--method', 'org.freedesktop.DBus.Properties.Get', ...property],
  ],
  ['busctl', '--user', 'get-property', 'org.a11y.Bus', path, ...property],
]

let chosen: DialogKind | undefined
let language: () => string | undefined = () => undefined
let asked: Promise<boolean> | undefined

/**
 * Chooses how all dialogs of this process appear.
 *
 * @param kind undefined: `html` if a screen reader is enabled on Linux, otherwise `native`.
 * @param locale returns the language of their words, as a BCP 47 tag.
 */
export function chooseDialogs(kind: DialogKind | undefined, locale: () => string | undefined): void {
  chosen = kind
  language = locale
}

/** Returns the language of the dialogs, as a BCP 47 tag. */
export function dialogLanguage(): string {
  return language() ?? 'en'
}

/** Returns how dialogs appear. Takes 0.3 s at most. An early call makes the next one faster. */
export async function dialogKind(): Promise<DialogKind> {
  if (chosen) return chosen
  const isEnabled = await Promise.race([isScreenReaderEnabled(), sleep(patience, false)])
  return isEnabled ? 'html' : 'native'
}

/** Returns whether the user of this desktop has a screen reader. False on other systems than Linux. */
export function isScreenReaderEnabled(): Promise<boolean> {
  asked ??= askDesktop()
  return asked
}

/**
 * Asks the accessibility bus of the desktop. Electron's `app.isAccessibilitySupportEnabled()` stays false on Linux when a
 * screen reader is enabled there (Electron 33.2.1).
 */
async function askDesktop(): Promise<boolean> {
  if (process.platform !== 'linux' || !hasSessionBus()) return false
  for (const [command, ...args] of questions) {
    const answer = await outputOf(command, args)
    if (answer !== undefined) return /\btrue\b/.test(answer)
  }
  return false
}

/** Without a bus these commands would start one. */
function hasSessionBus(): boolean {
  const { DBUS_SESSION_BUS_ADDRESS, XDG_RUNTIME_DIR } = process.env
  return Boolean(DBUS_SESSION_BUS_ADDRESS || (XDG_RUNTIME_DIR && existsSync(join(XDG_RUNTIME_DIR, 'bus'))))
}

/** @returns undefined if the command is missing. */
function outputOf(command: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(command, [...args], { timeout: answerTime }, (error, stdout) =>
      resolve(error?.code === 'ENOENT' ? undefined : stdout),
    ).unref()
  })
}
