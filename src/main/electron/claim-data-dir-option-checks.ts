import type { OptionChecks } from '../../shared/check-options.ts'
import { callback, either, oneOf, plainObject, text, trueOrFalse } from '../../shared/option-kinds.ts'
import { directoryOptionChecks } from '../lock/lock-option-checks.ts'
import { openOptionChecks, poolOptionChecks } from '../sqlite/pool-option-checks.ts'
import type { ClaimDataDirOptions } from './claim-data-dir-options.ts'

export const claimDataDirOptionChecks: OptionChecks<ClaimDataDirOptions> = {
  dir: text,
  name: text,
  productName: text,
  version: text,
  ...directoryOptionChecks,
  ...poolOptionChecks,
  ...openOptionChecks,
  onOwned: callback,
  onLaunch: callback,
  onHeld: either(oneOf('dialog', 'focus'), callback),
  locale: text,
  words: plainObject,
  startWindow: trueOrFalse,
}
