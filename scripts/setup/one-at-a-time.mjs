// @ts-check
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { root } from './places.mjs'
import { say } from './step.mjs'

/**
 * Prevents two set-ups in one clone at the same time, because each replaces node_modules. The second waits for the first.
 * The lock is a socket name, which the kernel frees with its process. macOS has no such names, and there is no lock.
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function oneAtATime(work) {
  const address = lockAddress()
  if (!address) return work()
  /** @type {Set<import('node:net').Socket>} */
  const waiting = new Set()
  const lock = createServer((socket) => waiting.add(socket.on('error', () => socket.destroy())))
  for (let said = false; !(await listens(lock, address)); said = true) {
    if (!said) say('another set-up runs in this clone: waiting for it')
    await untilClosed(address)
  }
  try {
    return await work()
  } finally {
    lock.close()
    for (const socket of waiting) socket.destroy()
  }
}

function lockAddress() {
  const name = `electron-datadir-setup-${createHash('sha256').update(root).digest('hex')}`
  if (process.platform === 'linux') return `\0${name}`
  if (process.platform === 'win32') return `\\\\.\\pipe\\${name}`
  return undefined
}

/**
 * @param {import('node:net').Server} lock
 * @param {string} address
 */
async function listens(lock, address) {
  lock.listen(address)
  try {
    await once(lock, 'listening')
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') return false
    throw error
  }
}

/** @param {string} address */
async function untilClosed(address) {
  const waiting = connect(address)
  waiting.on('error', () => waiting.destroy())
  waiting.resume()
  await once(waiting, 'close').catch(() => undefined)
}
