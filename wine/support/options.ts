import type { Scripts } from './processes.ts'

/** What a script was started with. */
export function optionsOf<Name extends keyof Scripts>(_name: Name): Scripts[Name] {
  return JSON.parse(process.argv[2] ?? '')
}
