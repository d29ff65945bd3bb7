// A headless Wayland compositor: man 1 sway, man 7 sway-ipc.
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { waitFor } from '../../scripts/desktop/wait-for.mjs'

const nobody = 65534

/** Why there is no compositor here, or undefined. */
export function whyNoSway(): string | undefined {
  if (process.platform !== 'linux') return 'Wayland is for Linux'
  if (process.getuid?.() !== 0) return 'these tests start sway as another user, which takes root'
  if (spawnSync('sway', ['--version']).status === 0) return undefined
  return 'sway is not installed: apt-get install --no-install-recommends sway'
}

/** A window as the compositor shows it. */
export interface SwayWindow {
  readonly pid: number
  readonly name: string
  readonly focused: boolean
  readonly urgent: boolean
}

export interface Sway {
  /** The environment of an app that opens its windows there. */
  readonly env: Record<string, string>
  windows(): SwayWindow[]
  close(): void
}

/** Starts sway as it is set up by default: a window that asks for the focus is only marked urgent. */
export async function openSway(): Promise<Sway> {
  const folder = mkdtempSync(join(tmpdir(), 'sway-'))
  const config = join(folder, 'config')
  const socket = join(folder, 'sway.sock')
  writeFileSync(config, 'output HEADLESS-1 resolution 1280x800\nfocus_follows_mouse no\n')
  chmodSync(folder, 0o700)
  chownSync(folder, nobody, nobody)
  const become = [`--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups']
  const headless = { WLR_BACKENDS: 'headless', WLR_LIBINPUT_NO_DEVICES: '1', WLR_RENDERER: 'pixman' }
  const child = spawn('setpriv', [...become, 'sway', '-c', config], {
    env: { PATH: process.env.PATH, HOME: folder, XDG_RUNTIME_DIR: folder, SWAYSOCK: socket, ...headless },
    stdio: 'ignore',
  })
  const close = () => {
    child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await waitFor('sway', () => (existsSync(socket) && existsSync(join(folder, 'wayland-1'))) || undefined)
  } catch (error) {
    close()
    throw error
  }
  return {
    env: { DISPLAY: '', XDG_RUNTIME_DIR: folder, WAYLAND_DISPLAY: 'wayland-1' },
    windows: () => {
      const tree = execFileSync('swaymsg', ['-s', socket, '-t', 'get_tree'], { encoding: 'utf8' })
      return windowsIn(JSON.parse(tree) as SwayNode)
    },
    close,
  }
}

interface SwayNode extends SwayWindow {
  readonly nodes: SwayNode[]
  readonly floating_nodes: SwayNode[]
}

function windowsIn(node: SwayNode): SwayWindow[] {
  const inner = [...node.nodes, ...node.floating_nodes].flatMap(windowsIn)
  return node.pid > 0 ? [node, ...inner] : inner
}
