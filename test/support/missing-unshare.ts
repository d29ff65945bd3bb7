import { spawnSync } from 'node:child_process'

/** Why unshare(1) cannot make a namespace here, if it cannot. */
export function missingUnshare(...flags: string[]): string | undefined {
  if (process.platform !== 'linux') return `namespaces are Linux's, this is ${process.platform}`
  const { status, stderr } = spawnSync('unshare', [...flags, 'true'], { encoding: 'utf8' })
  return status === 0 ? undefined : `unshare ${flags.join(' ')} is not allowed: ${stderr.trim()}`
}
