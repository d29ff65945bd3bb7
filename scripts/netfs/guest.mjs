// @ts-check
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { withResolvers } from '../resolvers.mjs'

/**
 * @typedef {object} Machine
 * @property {string} name also its host name
 * @property {string} address in 10.9.0.0/24
 * @property {boolean} listens whether it makes the virtual cable that the other one plugs into
 * @property {string} folder for sockets, logs and its disk
 * @property {string} disk an ext4 image of its own, mounted on /srv
 * @property {string} share a folder of this computer, offered over 9p
 * @property {{ kernel: string, initramfs: string, system: string, project: string }} images
 */

/** @typedef {{ code: number, output: string }} Result */

// With software emulation on a busy computer.
const bootLimit = 300_000
const commandLimit = 120_000

/** Debian's kernel needs the processor's own virtualization. A /dev/kvm alone can also be a paravirtual one. */
export function accelerator() {
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK)
    if (/^flags\s*:.* (vmx|svm)\b/m.test(readFileSync('/proc/cpuinfo', 'utf8'))) return 'kvm'
  } catch {
    // Not there, or not for this user.
  }
  return 'tcg'
}

/** One virtual machine, and the shell in it. */
export class Guest {
  #next = 1
  /** @type {Map<number, (result: Result) => void>} */
  #waiting = new Map()
  #ready = withResolvers()
  /** @type {import('node:net').Socket | undefined} */
  #socket
  #process
  #ended = false

  /** @param {Machine} machine */
  constructor(machine) {
    this.machine = machine
    this.log = join(machine.folder, `${machine.name}.log`)
    // It ends with this process, whatever ends this process.
    this.#process = spawn('setpriv', ['--pdeathsig', 'KILL', 'qemu-system-x86_64', ...this.#arguments()], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    this.#process.on('error', (error) => this.#ready.reject(error))
    this.#process.on('exit', (code, signal) => {
      this.#ended = true
      this.#ready.reject(new Error(`${machine.name}: qemu ended with ${signal ?? code}; see ${this.log}`))
    })
    this.#ready.promise.catch(() => undefined)
  }

  get name() {
    return this.machine.name
  }

  get hasEnded() {
    return this.#ended
  }

  get #cable() {
    return join(this.machine.folder, 'cable')
  }

  /** Whether the other end of the cable can be plugged in. */
  get isListening() {
    return existsSync(this.#cable)
  }

  get #agentPath() {
    return join(this.machine.folder, `${this.name}.agent`)
  }

  #arguments() {
    const { name, address, listens, disk, share, images } = this.machine
    const drives = [`${images.system},readonly=on`, `${images.project},readonly=on`, disk]
    const cable = `stream,id=cable,server=${listens ? 'on' : 'off'},addr.type=unix,addr.path=${this.#cable}`
    return [
      ...['-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none'],
      ...['-accel', accelerator(), '-cpu', 'max', '-smp', '2', '-m', '1024'],
      ...['-kernel', images.kernel, '-initrd', images.initramfs],
      ...['-append', `console=ttyS0 panic=-1 host=${name} address=${address}`, '-serial', `file:${this.log}`],
      ...drives.flatMap((drive) => ['-drive', `if=virtio,format=raw,file=${drive}`]),
      ...['-chardev', `socket,id=agent,path=${this.#agentPath},server=on,wait=off`],
      ...['-device', 'virtio-serial-pci', '-device', 'virtserialport,chardev=agent'],
      ...['-netdev', cable, '-device', `virtio-net-pci,netdev=cable,mac=52:54:00:09:00:0${address.at(-1)}`],
      ...['-virtfs', `local,path=${share},mount_tag=share,security_model=none`],
    ]
  }

  /** Waits for the shell. */
  async boot() {
    const deadline = AbortSignal.timeout(bootLimit)
    while (!this.#socket) {
      if (this.#ended || deadline.aborted) break
      const socket = connect(this.#agentPath)
      try {
        await once(socket, 'connect')
        this.#socket = socket
      } catch {
        await sleep(100)
      }
    }
    if (this.#socket) {
      this.#socket.on('error', () => undefined)
      createInterface({ input: this.#socket }).on('line', (line) => this.#hear(line))
    }
    const late = sleep(bootLimit, undefined, { ref: false }).then(() => {
      throw new Error(`${this.name}: not ready after ${bootLimit / 1000} s; see ${this.log}`)
    })
    await Promise.race([this.#ready.promise, late])
  }

  /** @param {string} line */
  #hear(line) {
    if (line === 'ready') return this.#ready.resolve(undefined)
    const [id, code, output = ''] = line.split(' ')
    const answer = this.#waiting.get(Number(id))
    this.#waiting.delete(Number(id))
    answer?.({ code: Number(code), output: Buffer.from(output, 'base64').toString() })
  }

  /**
   * Runs a shell script in the guest.
   * @param {string} script
   * @returns {Promise<Result>} with what it wrote to stdout and stderr
   */
  async run(script) {
    const id = this.#next++
    /** @type {Promise<Result>} */
    const answer = new Promise((resolve) => this.#waiting.set(id, resolve))
    this.#socket?.write(`${id} ${Buffer.from(script).toString('base64')}\n`)
    const stop = new AbortController()
    const late = sleep(commandLimit, undefined, { signal: stop.signal }).then(
      () => ({ code: 124, output: `no answer within ${commandLimit / 1000} s` }),
      () => ({ code: 124, output: '' }),
    )
    const result = await Promise.race([answer, late])
    stop.abort()
    return result
  }

  /**
   * The same for what has to work.
   * @param {string} script
   */
  async do(script) {
    const { code, output } = await this.run(`set -e\n${script}`)
    if (code !== 0) throw new Error(`${this.name}: exit code ${code} of\n${script}\n${output}`)
    return output.trim()
  }

  async stop() {
    if (this.#ended) return
    const exit = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await exit
  }
}
