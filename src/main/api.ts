export type { Remote, Result } from '../shared/operations.ts'
export { claimDataDir } from './electron/claim-data-dir.ts'
export type { ClaimDataDirOptions } from './electron/claim-data-dir-options.ts'
export type { DataDirClaim, DataDirClaiming } from './electron/data-dir-claim.ts'
export type { LanguageOptions } from './electron/dialogs/app-locale.ts'
export type { DialogKind } from './electron/dialogs/dialog-kind.ts'
export type { HeldChoice, HeldInfo, OnHeld } from './electron/held/on-held.ts'
export { launchOf } from './electron/launches/own-launch.ts'
export { relaunch } from './electron/relaunch-app.ts'
export {
  type OperationHandlers,
  type ServeOptions,
  serveOperations,
} from './electron/serve-operations.ts'
export type {
  DialogWords,
  FailureName,
  FailureWords,
  StartWords,
} from './electron/words/dialog-words.ts'
export type { HeldCase } from './electron/words/held-text.ts'
export type { HeldWords } from './electron/words/held-words.ts'
export * from './node.ts'
