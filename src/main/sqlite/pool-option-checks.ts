import type { OptionCheck, OptionChecks } from '../../shared/check-options.ts'
import {
  abortSignal,
  callback,
  either,
  listOf,
  milliseconds,
  oneOf,
  plainObject,
  trueOrFalse,
  wholeNumberFrom,
} from '../../shared/option-kinds.ts'
import { lockOptionChecks } from '../lock/lock-option-checks.ts'
import type { OpenOptions } from './open-options.ts'
import type { ConnectOptions } from './pool.ts'
import type { PoolOptions } from './scheduling/pool-options.ts'

export const poolOptionChecks: OptionChecks<PoolOptions> = {
  mode: oneOf('threads', 'inline'),
  readers: wholeNumberFrom(1, 'readers'),
  integers: oneOf('number', 'bigint'),
  closeTimeout: milliseconds,
  waitTimeout: milliseconds,
  statementCacheSize: wholeNumberFrom(1, 'statements'),
  trustedSchema: trueOrFalse,
  heapLimit: wholeNumberFrom(1, 'MiB'),
  plugins: listOf('Kysely plugins', isPlugin),
  log: either(
    callback,
    listOf('levels, "query" or "error"', (level) => level === 'query' || level === 'error'),
  ),
  onSlowQuery: callback,
  onPinnedLog: callback,
  slowQueryThreshold: milliseconds,
}

function isPlugin(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && 'transformQuery' in value && 'transformResult' in value
  )
}

const backupCount = wholeNumberFrom(0, 'backups')

/** Whole numbers, so that a misspelt name is found too. */
const backupLimits: OptionCheck = {
  allowed: 'an object with count and bytes, both whole numbers',
  accepts: (value) =>
    plainObject.accepts(value) &&
    Object.entries(value as object).every(
      ([name, limit]) => (name === 'count' || name === 'bytes') && backupCount.accepts(limit),
    ),
}

export const openOptionChecks: OptionChecks<Omit<OpenOptions, 'signal'>> = {
  migrations: plainObject,
  onMigrationProgress: callback,
  keepBackups: either(backupCount, backupLimits),
  onBackupFailed: callback,
  backupEvery: wholeNumberFrom(1, 'milliseconds'),
  onDamaged: either(oneOf('keep', 'restore'), callback),
  checkOnOpen: trueOrFalse,
}

export const connectOptionChecks: OptionChecks<ConnectOptions> = {
  ...lockOptionChecks,
  ...poolOptionChecks,
  ...openOptionChecks,
  signal: abortSignal,
}
