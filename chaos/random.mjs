// @ts-check

/**
 * A small seeded generator (mulberry32): the same numbers on every machine and in every version of Node.
 * @param {number} seed
 * @returns {() => number} numbers in [0, 1)
 */
export function seededRandom(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/**
 * @param {() => number} random
 * @param {number} least
 * @param {number} most included
 */
export function wholeNumber(random, least, most) {
  return least + Math.floor(random() * (most - least + 1))
}
