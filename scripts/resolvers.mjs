// @ts-check

/**
 * @template T
 * @typedef {{ promise: Promise<T>, resolve: (value: T) => void, reject: (reason: unknown) => void }} PromiseWithResolversOf
 */

/**
 * Promise.withResolvers, which Node 20 does not have.
 * @template T
 * @returns {PromiseWithResolversOf<T>}
 */
export function withResolvers() {
  /** @type {(value: T) => void} */
  let resolve = () => undefined
  /** @type {(reason: unknown) => void} */
  let reject = () => undefined
  /** @type {Promise<T>} */
  const promise = new Promise((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}
