import { isAbsolute, join } from 'node:path'
import type { OwnerRecord } from '../../owner/owner-record.ts'

/** Where the windows of a process are, as its owner record says it. */
export type Screen = Pick<OwnerRecord, 'display' | 'wayland_display'>

/**
 * Returns where the windows of this process are: on which X server and at which Wayland compositor. Empty on macOS and
 * Windows, whose session has no name that stays the same.
 */
export function ownScreen(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): Screen {
  if (platform === 'darwin' || platform === 'win32') return {}
  const { DISPLAY, WAYLAND_DISPLAY, XDG_RUNTIME_DIR = '' } = env
  return {
    ...(DISPLAY && { display: serverOf(DISPLAY) }),
    ...(WAYLAND_DISPLAY && {
      wayland_display: isAbsolute(WAYLAND_DISPLAY) ? WAYLAND_DISPLAY : join(XDG_RUNTIME_DIR, WAYLAND_DISPLAY),
    }),
  }
}

/** `unix:1.0` and `:1` are the same server (man 7 X, "Display names"). */
function serverOf(display: string): string {
  return display.replace(/^(?:[^:]*\/)?unix:/, ':').replace(/\.\d+$/, '')
}

/**
 * Returns the name of the screen that the owner's windows are on if it is not the one of this process.
 *
 * @returns undefined also if it is not known: an older owner publishes nothing, and an X server cannot be compared with a
 * Wayland compositor.
 */
export function otherScreen(owner: Screen | undefined, own: Screen): string | undefined {
  const keys = (['display', 'wayland_display'] as const).filter((key) => owner?.[key] && own[key])
  if (keys.length === 0 || keys.some((key) => owner?.[key] === own[key])) return undefined
  return screenName(owner)
}

/** Returns the name of a screen for people. */
export function screenName(screen: Screen | undefined): string | undefined {
  return screen?.display ?? screen?.wayland_display
}
