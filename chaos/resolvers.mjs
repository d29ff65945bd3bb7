// @ts-check

/**
 * @template T
 * @typedef {{ promise: Promise<T>, resolve: (value: T) => void }} PromiseWithResolversOf
 */

/**
 * Promise.withResolvers, which Node 20 lacks.
 * @template T
 * @returns {PromiseWithResolversOf<T>}
 */
export function withResolvers() {
  /** @type {(value: T) => void} */
  let resolve = () => undefined
  /** @type {Promise<T>} */
  const promise = new Promise((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}
