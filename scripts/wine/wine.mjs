// @ts-check
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { run } from '../setup/run.mjs'
import { SetupError, step } from '../setup/step.mjs'
import { aptInstall } from '../setup/system-libraries.mjs'

const debianPackages = ['wine64', 'wine']
const installCommand = `sudo apt-get install --no-install-recommends ${debianPackages.join(' ')}`

/** Installs wine if that is possible. Otherwise an error says how to install it. */
export async function installWine() {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new SetupError('wine', `this is ${process.platform} ${process.arch}`, 'run this on Linux x64')
  if (!spawnSync('wine', ['--version']).error) return
  if (process.getuid?.() !== 0) throw new SetupError('wine', 'not installed', `run: ${installCommand}`)
  await aptInstall(debianPackages)
}

/** One wine installation: a drive C and the processes that use it. */
export class Wine {
  #env

  /** @param {string} prefix the folder that it is in, or will be */
  constructor(prefix) {
    this.#env = {
      ...process.env,
      WINEPREFIX: prefix,
      WINEDEBUG: '-all',
      // Neither .NET nor a browser, and nothing in the user's menus.
      WINEDLLOVERRIDES: 'mscoree,mshtml=;winemenubuilder.exe=d',
    }
  }

  async boot() {
    const about = {
      name: 'wine',
      doing: 'a new drive C, 700 MB',
      next: 'check that the disk has 1 GB free, then run this again',
    }
    await step(about, async () => {
      await this.#configure('wineboot', ['--init'])
      // Node asks for Windows 10.
      await this.#configure('winecfg', ['-v', 'win10'])
    })
  }

  /**
   * Wine's own programs fail now and then, and succeed when they are started again.
   * @param {string} command
   * @param {string[]} args
   */
  async #configure(command, args) {
    const options = { env: this.#env, timeout: 120_000 }
    await run(command, command, args, options).catch(() => run(command, command, args, options))
  }

  /**
   * Runs a Windows program. Its output goes to files, since Node for Windows does not understand wine's pipes.
   * @param {string[]} command
   * @param {{ cwd: string, output: string, timeout: number, env?: Record<string, string> }} options
   * @returns {Promise<number | string | null>} its exit code, or the signal that ended it
   */
  async run(command, { cwd, output, timeout, env = {} }) {
    const descriptor = openSync(output, 'w')
    try {
      const child = spawn('wine', command, {
        cwd,
        timeout,
        killSignal: 'SIGKILL',
        env: { ...this.#env, ...env },
        stdio: ['ignore', descriptor, descriptor],
      })
      const [code, signal] = await once(child, 'exit')
      return code ?? signal
    } finally {
      closeSync(descriptor)
    }
  }

  /** Ends every process on it. */
  stop() {
    spawnSync('wineserver', ['--kill'], { env: this.#env })
    spawnSync('wineserver', ['--wait'], { env: this.#env, timeout: 10_000 })
  }
}
