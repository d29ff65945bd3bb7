// @ts-check
import { spawn, spawnSync } from 'node:child_process'
import { createInterface } from 'node:readline'
import { waitFor } from './wait-for.mjs'

/**
 * @typedef {object} VirtualDisplay
 * @property {Record<string, string>} env the environment of a program that appears on it
 * @property {() => void} close ends the programs that make it, last started first
 */

/**
 * Opens a screen without a person: Xvfb, a session bus, and a window manager, so that windows have focus and can be
 * minimized.
 * @param {{ command: string, args?: string[] }} [windowManager]
 * @returns {Promise<VirtualDisplay>}
 */
export async function openVirtualDisplay(windowManager = { command: 'openbox', args: ['--sm-disable'] }) {
  /** @type {import('node:child_process').ChildProcess[]} */
  const started = []
  const close = () => {
    for (const child of started.reverse()) child.kill()
  }
  process.once('exit', close)
  try {
    // The server picks a free number itself and says which once it takes connections: man Xserver, -displayfd.
    // Without -noreset it starts over when its last client leaves, and ends the connection of a window manager that has
    // connected in that moment: man Xserver.
    const screen = ['-screen', '0', '1280x800x24', '-noreset', '-nolisten', 'tcp']
    const display = await firstLine(started, 'Xvfb', ['-displayfd', '3', ...screen], 3)
    const bus = await firstLine(started, 'dbus-daemon', ['--session', '--nofork', '--print-address=3'], 3)
    const env = { DISPLAY: `:${display}`, DBUS_SESSION_BUS_ADDRESS: bus }
    const { command, args = [] } = windowManager
    started.push(spawn(command, args, { env: { ...process.env, ...env }, stdio: 'ignore' }))
    await waitFor('a window manager', () => (hasWindowManager(env) ? true : undefined))
    return { env, close }
  } catch (error) {
    close()
    throw error
  }
}

/**
 * A window manager keeps the list of its windows on the root window: specifications.freedesktop.org/wm-spec.
 * @param {Record<string, string>} env
 */
function hasWindowManager(env) {
  const property = spawnSync('xprop', ['-root', '_NET_CLIENT_LIST'], {
    env: { ...process.env, ...env },
    encoding: 'utf8',
  })
  return property.stdout.includes('window id')
}

/**
 * Starts a program and waits for the first line it writes to an extra descriptor.
 * @param {import('node:child_process').ChildProcess[]} started
 * @param {string} command
 * @param {string[]} args
 * @param {number} descriptor
 * @returns {Promise<string>}
 */
async function firstLine(started, command, args, descriptor) {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] })
  started.push(child)
  const failed = new Promise((_resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code) => reject(new Error(`${command} ended at once with exit code ${code}`)))
  })
  const output = /** @type {import('node:stream').Readable} */ (child.stdio[descriptor])
  const line = new Promise((resolve) => createInterface({ input: output }).once('line', resolve))
  return /** @type {Promise<string>} */ (Promise.race([line, failed]))
}
