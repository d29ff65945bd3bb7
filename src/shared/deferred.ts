/** A promise that is resolved from outside. Node.js 20 has no `Promise.withResolvers`. */
export class Deferred<T = void> {
  readonly promise: Promise<T>
  resolve: (value: T) => void = () => undefined

  constructor() {
    this.promise = new Promise((resolve) => {
      this.resolve = resolve
    })
  }
}
