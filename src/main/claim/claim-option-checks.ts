import type { OptionChecks } from '../../shared/check-options.ts'
import { callback } from '../../shared/option-kinds.ts'
import { connectOptionChecks } from '../sqlite/pool-option-checks.ts'
import type { ClaimOptions } from './claim.ts'

export const claimOptionChecks: OptionChecks<ClaimOptions> = {
  ...connectOptionChecks,
  onOwned: callback,
  onLaunch: callback,
  onQuitRequest: callback,
}
