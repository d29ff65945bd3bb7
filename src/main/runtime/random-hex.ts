import { closeSync, openSync, readSync } from 'node:fs'

/**
 * Random bytes as text, fit for a secret.
 *
 * @param bytes how many, at most 256; two letters each.
 */
export function randomHex(bytes: number): string {
  return (fromDevice(bytes) ?? fromWebCrypto(bytes)).toString('hex')
}

/**
 * Straight from the kernel (man 4 urandom): to load `node:crypto`, or to use Web Crypto for the first time, took 5 ms of
 * every start (Electron 33), while no window can be made yet.
 */
function fromDevice(bytes: number): Buffer | undefined {
  if (process.platform === 'win32') return undefined
  let fd: number
  try {
    fd = openSync('/dev/urandom', 'r')
  } catch {
    // A system without that device, a bare chroot perhaps: the slow way is as good.
    return undefined
  }
  try {
    const buffer = Buffer.alloc(bytes)
    // The device gives up to 256 bytes in one piece.
    return readSync(fd, buffer) === bytes ? buffer : undefined
  } finally {
    closeSync(fd)
  }
}

function fromWebCrypto(bytes: number): Buffer {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(bytes)))
}
