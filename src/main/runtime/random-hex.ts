import { closeSync, openSync, readSync } from 'node:fs'

/**
 * Returns random bytes as hexadecimal text. They are good enough for a secret.
 *
 * @param bytes the number of bytes, at most 256. Each has two digits.
 */
export function randomHex(bytes: number): string {
  const random = fromDevice(bytes) ?? Buffer.from(crypto.getRandomValues(new Uint8Array(bytes)))
  return random.toString('hex')
}

/**
 * Reads the kernel's device (man 4 urandom). To load `node:crypto`, or to use Web Crypto for the first time, took 5 ms of
 * every start (Electron 33), before a window can be made.
 */
function fromDevice(bytes: number): Buffer | undefined {
  if (process.platform === 'win32') return undefined
  let fd: number
  try {
    fd = openSync('/dev/urandom', 'r')
  } catch {
    // A bare chroot may have no such device. Web Crypto is slower and as good.
    return undefined
  }
  try {
    const buffer = Buffer.alloc(bytes)
    // The device returns up to 256 bytes in one read.
    return readSync(fd, buffer) === bytes ? buffer : undefined
  } finally {
    closeSync(fd)
  }
}
