// @ts-check
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Guest } from './guest.mjs'
import { makeImage } from './image.mjs'

/** @typedef {{ a: Guest, b: Guest, stop: () => Promise<void> }} Hosts */

/**
 * Starts host A, and host B with its NFS, SMB and SSH servers.
 * @param {string} folder for what they write
 * @param {import('./guest.mjs').Machine['images']} images
 * @returns {Promise<Hosts>}
 */
export async function startHosts(folder, images) {
  const share = join(folder, 'share')
  mkdirSync(share)
  /** @type {Guest[]} */
  const started = []
  const stop = async () => {
    for (const guest of started) await guest.stop()
  }
  /**
   * @param {string} name
   * @param {string} address
   * @param {boolean} listens
   */
  const start = async (name, address, listens) => {
    const disk = join(folder, `${name}.ext4`)
    await makeImage(undefined, disk, 512)
    const guest = new Guest({ name, address, listens, folder, disk, share, images })
    started.push(guest)
    return guest
  }
  try {
    const b = await start('host-b', '10.9.0.2', true)
    await cableOf(b)
    const a = await start('host-a', '10.9.0.1', false)
    await Promise.all([a.boot(), b.boot()])
    await b.do('sh /project/guest/server.sh')
    await a.do('rpcbind -w; rpc.statd')
    const key = await b.do('base64 -w 0 /run/key')
    await a.do(`umask 077; echo ${key} | base64 -d >/run/key`)
    return { a, b, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/**
 * Waits for the virtual cable of a host that listens.
 * @param {Guest} guest
 */
async function cableOf(guest) {
  while (!guest.isListening) {
    if (guest.hasEnded) throw new Error(`${guest.name} did not start`)
    await sleep(50)
  }
}
