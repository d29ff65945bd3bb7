import type { OptionChecks } from '../../shared/check-options.ts'
import {
  abortSignal,
  callback,
  either,
  millisecondsOrForEver,
  oneOf,
  text,
} from '../../shared/option-kinds.ts'
import type { DirectoryChecks } from '../directory/warnings.ts'
import type { LockOptions } from './data-dir-lock.ts'
import type { WaitOptions } from './wait-for-release.ts'
import type { WithLockOptions } from './with-data-dir-lock.ts'

export const directoryOptionChecks: OptionChecks<DirectoryChecks> = {
  filesystem: oneOf('warn', 'refuse', 'allow'),
  onWarning: callback,
}

const ownerOptionChecks = { name: text, app: text, version: text }

export const lockOptionChecks: OptionChecks<LockOptions> = {
  dir: text,
  ...ownerOptionChecks,
  ...directoryOptionChecks,
}

export const withLockOptionChecks: OptionChecks<WithLockOptions> = {
  ...ownerOptionChecks,
  ...directoryOptionChecks,
  wait: either(millisecondsOrForEver, {
    allowed: 'true',
    accepts: (value) => value === true,
  }),
  signal: abortSignal,
}

export const waitOptionChecks: OptionChecks<WaitOptions> = {
  name: text,
  signal: abortSignal,
  timeout: millisecondsOrForEver,
}
