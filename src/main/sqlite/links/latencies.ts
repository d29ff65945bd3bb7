const kept = 512

/** How long the last requests took, in milliseconds. */
export class Latencies {
  readonly #recent = new Float64Array(kept)
  #count = 0

  add(milliseconds: number): void {
    this.#recent[this.#count++ % kept] = milliseconds
  }

  /** @param share for instance 0.5 for the median. undefined before the first. */
  quantile(share: number): number | undefined {
    const sorted = this.#recent.slice(0, Math.min(this.#count, kept)).sort()
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
  }
}
