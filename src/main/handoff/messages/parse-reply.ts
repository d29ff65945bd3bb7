import { parseJsonObject } from '../../../shared/json-object.ts'
import { isCount, isOwnerProgress, isOwnerState } from '../../../shared/owner-activity.ts'
import { foreignText } from '../../../shared/printable.ts'
import { type LaunchOutcome, type OwnerStatus, type Reply, refusalCodes } from './protocol.ts'

/** How many characters of an error message of the owner's app are kept. */
const reasonLetters = 500

/**
 * Reads a reply of this or any other version. Unknown fields are ignored. An unknown outcome, of a newer owner, counts as
 * `in-background`, which promises the least. An unknown state counts as `starting`, which promises no window yet. A
 * refusal without a code, of an older owner, counts as `not-understood`.
 *
 * Text for people has no control characters and is shortened, because the process that listens at the endpoint chooses it.
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
        ? {
            v,
            type,
            code: refusalCodes.find((code) => code === value.code) ?? 'not-understood',
            reason: foreignText(value.reason, reasonLetters),
          }
        : undefined
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
    ...(typeof app === 'string' && { app: foreignText(app) }),
    ...(typeof version === 'string' && { version: foreignText(version) }),
  }
}

function outcomeOf(value: string): LaunchOutcome {
  return value === 'focused' || value === 'flashed' || value === 'opened-window' ? value : 'in-background'
}
