import type { OptionChecks } from '../../shared/check-options.ts'
import {
  abortSignal,
  callback,
  either,
  milliseconds,
  oneOf,
  plainObject,
  trueOrFalse,
  wholeNumberFrom,
} from '../../shared/option-kinds.ts'
import { lockOptionChecks } from '../lock/lock-option-checks.ts'
import type { OpenOptions } from './open-options.ts'
import type { ConnectOptions } from './pool.ts'
import type { PoolOptions } from './pool-options.ts'

export const poolOptionChecks: OptionChecks<PoolOptions> = {
  mode: oneOf('threads', 'inline'),
  readers: wholeNumberFrom(1, 'readers'),
  integers: oneOf('number', 'bigint'),
  closeTimeout: milliseconds,
  waitTimeout: milliseconds,
  statementCacheSize: wholeNumberFrom(1, 'statements'),
  heapLimit: wholeNumberFrom(1, 'MiB'),
  onSlowQuery: callback,
  onPinnedLog: callback,
  slowQueryThreshold: milliseconds,
}

export const openOptionChecks: OptionChecks<Omit<OpenOptions, 'signal'>> = {
  migrations: plainObject,
  onMigrationProgress: callback,
  keepBackups: wholeNumberFrom(0, 'backups'),
  onDamaged: either(oneOf('keep', 'restore'), callback),
  checkOnOpen: trueOrFalse,
}

export const connectOptionChecks: OptionChecks<ConnectOptions> = {
  ...lockOptionChecks,
  ...poolOptionChecks,
  ...openOptionChecks,
  signal: abortSignal,
}
