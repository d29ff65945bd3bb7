import { spawnSync } from 'node:child_process'

/** A network namespace with one cable to this one. */
export interface CutNetwork {
  /** This namespace's end of the cable. */
  readonly address: string
  /** Runs what follows in the namespace. */
  readonly under: readonly string[]
  /** Packets are lost in both directions, without an error. */
  cut(): void
  mend(): void
  remove(): void
}

/** @returns why there is none here otherwise. */
export function createNetwork(): CutNetwork | { missing: string } {
  if (process.platform !== 'linux') return { missing: 'network namespaces are for Linux' }
  if (process.geteuid?.() !== 0) return { missing: 'a network namespace takes root' }
  const name = `datadir-${process.pid}`
  const [here, there] = [`dd${process.pid}`, `ddp${process.pid}`]
  // Addresses for a single cable (RFC 3927), of which each test process uses its own.
  const prefix = `169.254.${1 + (process.pid % 254)}`
  const address = `${prefix}.1`
  const remove = () => {
    ip('link', 'del', here)
    ip('netns', 'del', name)
  }
  const steps = [
    ['netns', 'add', name],
    ['link', 'add', here, 'type', 'veth', 'peer', 'name', there, 'netns', name],
    ['addr', 'add', `${address}/30`, 'dev', here],
    ['link', 'set', here, 'up'],
    ['-n', name, 'addr', 'add', `${prefix}.2/30`, 'dev', there],
    ['-n', name, 'link', 'set', there, 'up'],
    ['-n', name, 'link', 'set', 'lo', 'up'],
  ]
  for (const step of steps) {
    const failure = ip(...step)
    if (failure === undefined) continue
    remove()
    return { missing: `ip ${step.join(' ')}: ${failure}` }
  }
  const ends = [
    ['neigh', 'replace', `${prefix}.2`, 'dev', here],
    ['-n', name, 'neigh', 'replace', `${prefix}.1`, 'dev', there],
  ]
  return {
    address,
    under: ['ip', 'netns', 'exec', name],
    // Each end sends to a hardware address that nobody has.
    cut: () => ends.forEach((end) => void ip(...end, 'lladdr', '02:00:00:00:00:01', 'nud', 'permanent')),
    mend: () => ends.forEach((end) => void ip(...end.map((word) => word.replace('replace', 'del')))),
    remove,
  }
}

/** @returns what is wrong, if anything is. */
function ip(...args: string[]): string | undefined {
  const { status, stderr, error } = spawnSync('ip', args, { encoding: 'utf8' })
  return status === 0 ? undefined : (error?.message ?? stderr.trim())
}
