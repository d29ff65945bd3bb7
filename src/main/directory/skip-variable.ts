import { skipVariableOf } from './names.ts'

// The spellings Go's strconv.ParseBool takes for true: pkg.go.dev/strconv#ParseBool
const trueSpellings = new Set(['1', 't', 'T', 'TRUE', 'true', 'True'])

/**
 * Whether the user asked to go without the lock, for a filesystem that has none.
 *
 * @param name the data directory's name; the variable is `NAME_SKIP_DATADIR_LOCK`.
 * @param env the environment to look in.
 * @returns true for exactly `1 t T TRUE true True`; anything else, `yes` included, leaves the lock on.
 */
export function isLockSkipped(name: string, env: NodeJS.ProcessEnv = process.env): boolean {
  return trueSpellings.has(env[skipVariableOf(name)] ?? '')
}
