export type { Remote, Result } from '../shared/operations.ts'
export { operationsBridge } from './operations-bridge.ts'
