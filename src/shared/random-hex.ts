/**
 * Random bytes as text, fit for a secret.
 *
 * From Web Crypto, which Node and pages have as a global and load when it is first used: `node:crypto`, imported at
 * the top, took 5 ms of every start (Electron 33).
 *
 * @param bytes how many; two letters each.
 */
export function randomHex(bytes: number): string {
  const values = crypto.getRandomValues(new Uint8Array(bytes))
  return Array.from(values, (value) => value.toString(16).padStart(2, '0')).join('')
}
