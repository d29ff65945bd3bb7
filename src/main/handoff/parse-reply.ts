import { parseJsonObject } from '../../shared/json-object.ts'
import { isCount, isOwnerProgress, isOwnerState } from '../../shared/owner-activity.ts'
import type { LaunchOutcome, OwnerStatus, RefusalCode, Reply } from './protocol.ts'

/**
 * Reads a reply of this or any other version. Unknown fields are ignored. An outcome that only a newer owner knows
 * counts as `in-background`, the least of all, such a state as `starting`, which promises no window yet; a refusal
 * without a code, from an older one, as `not-understood`.
 *
 * @returns undefined for anything that is no reply.
 */
export function parseReply(line: string): Reply | undefined {
  const value = parseJsonObject(line)
  if (typeof value?.v !== 'number') return undefined
  const { v, type } = value
  switch (type) {
    case 'launched':
      return typeof value.outcome === 'string' ? { v, type, outcome: outcomeOf(value.outcome) } : undefined
    case 'refused':
      return typeof value.reason === 'string'
        ? { v, type, code: codeOf(value.code), reason: value.reason }
        : undefined
    case 'agreed':
      return { v, type }
    case 'status':
    case 'queued':
    case 'busy': {
      const status = parseStatus(value.status)
      return status && { v, type, status }
    }
    default:
      return undefined
  }
}

function parseStatus(value: unknown): OwnerStatus | undefined {
  const status = value as Record<keyof OwnerStatus, unknown> | null | undefined
  if (typeof status?.state !== 'string') return undefined
  const { state, progress, silentFor, pid, app, version } = status
  if (!isCount(pid) || !isCount(silentFor)) return undefined
  return {
    state: isOwnerState(state) ? state : 'starting',
    silentFor,
    pid,
    ...(isOwnerProgress(progress) && { progress: { done: progress.done, total: progress.total } }),
    ...(typeof app === 'string' && { app }),
    ...(typeof version === 'string' && { version }),
  }
}

function outcomeOf(value: string): LaunchOutcome {
  return value === 'focused' || value === 'flashed' || value === 'opened-window' ? value : 'in-background'
}

const refusalCodes: ReadonlySet<unknown> = new Set<RefusalCode>([
  'not-understood',
  'wrong-token',
  'wrong-version',
  'unknown-request',
  'queue-full',
  'failed',
  'declined',
])

function codeOf(value: unknown): RefusalCode {
  return refusalCodes.has(value) ? (value as RefusalCode) : 'not-understood'
}
