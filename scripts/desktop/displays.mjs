// @ts-check
import { openVirtualDisplay } from './virtual-display.mjs'

/** The variable that holds the environment of one display. @type {(index: number) => string} */
const nameOf = (index) => `VIRTUAL_DISPLAY_${index}`

/**
 * Opens one virtual display for each test process.
 * @param {number} count
 * @returns {Promise<import('./virtual-display.mjs').VirtualDisplay>} with an environment for {@link useDisplay}
 */
export async function openDisplays(count) {
  const displays = await Promise.all(Array.from({ length: count }, () => openVirtualDisplay()))
  const entries = displays.map(({ env }, index) => [nameOf(index), JSON.stringify(env)])
  return {
    env: { ...Object.fromEntries(entries), VIRTUAL_DISPLAYS: String(count) },
    close: () => {
      for (const { close } of displays) close()
    },
  }
}

/**
 * Puts this process on the display of one test process.
 * @param {number} index from 0
 */
export function useDisplay(index) {
  const env = process.env[nameOf(index)]
  if (env) Object.assign(process.env, JSON.parse(env))
}
