import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { MessageBoxOptions } from 'electron'
import { waitFor } from '../../scripts/desktop/wait-for.mjs'

/** The message boxes an app showed, in order. */
export class DialogLog {
  readonly path: string

  constructor(folder: string, name = 'dialogs') {
    this.path = join(folder, `${name}.jsonl`)
  }

  read(): MessageBoxOptions[] {
    if (!existsSync(this.path)) return []
    return readFileSync(this.path, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as MessageBoxOptions)
  }

  /** The newest message box, as soon as it says what is expected. */
  untilItSays(message: RegExp, milliseconds?: number): Promise<MessageBoxOptions> {
    const look = () => {
      const newest = this.read().at(-1)
      return newest && message.test(newest.message) ? newest : undefined
    }
    return waitFor(`a dialog that says ${message}`, look, milliseconds)
  }

  first(): Promise<MessageBoxOptions> {
    return waitFor('a dialog', () => this.read()[0])
  }
}
