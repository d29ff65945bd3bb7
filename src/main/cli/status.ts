import { printable } from '../../shared/printable.ts'
import { describeFilesystem } from '../directory/filesystem.ts'
import { doubtAbout } from '../directory/warnings.ts'
import type { Holder } from '../owner/holder.ts'
import type { OwnerRecord } from '../owner/owner-record.ts'
import type { ForeignPid } from '../owner/who-owns.ts'
import { type Command, directoryAmong, exitCode, nameOption, parse } from './command-line.ts'
import { type Inspection, inspect } from './inspect.ts'
import { say, sayJson } from './output.ts'

const help = `Usage: electron-datadir status DIR [--name NAME] [--json]

Says whether a data directory is free or held, by which process and since when, and on which filesystem it is. Changes
nothing: a directory that does not exist is free, and is not created.

  --name NAME  the name the app chose; its lock is NAME.lock (default: app)
  --json       one line of JSON: dir, exists, name, lock, filesystem {name, kind, source}, synced {client, root}
               if it looks like a sync client's folder, held, through ("lock-file" or "directory"),
               holder {pid, program, commandLine, startedAt} according to the kernel,
               record {pid, app, version, started_at, state, progress, host, exec_path} as the owner wrote it,
               recordBelievable (is the record the present owner's?), foreign ("host" or "pid-namespace" if the
               record's pid is no process here); null for what is not known`

/** `status DIR`: exit code 0 for free, 75 for held. */
export const status: Command = {
  help,
  async run(args) {
    const { values, positionals } = parse(args, { ...nameOption, json: { type: 'boolean' } })
    const inspection = await inspect(directoryAmong(positionals), values.name)
    if (values.json) sayJson(facts(inspection, values.name))
    else say(inWords(inspection))
    return inspection.held ? exitCode.held : exitCode.ok
  },
}

function facts(inspection: Inspection, name: string): Record<string, unknown> {
  const { filesystem, holder, record } = inspection
  return {
    ...orNull(inspection, ['dir', 'exists']),
    name,
    lock: inspection.lockPath,
    filesystem: filesystem ? orNull(filesystem, ['name', 'kind', 'source']) : null,
    ...orNull(inspection, ['synced', 'held', 'through']),
    holder: holder ? orNull(holder, ['pid', 'program', 'commandLine', 'startedAt']) : null,
    record: record ? orNull(record, publicFields) : null,
    ...orNull(inspection, ['recordBelievable', 'foreign']),
  }
}

/** All but the token. A process that has the token can send requests to the owner, so no terminal or log may show it. */
const publicFields = [
  'pid',
  'app',
  'version',
  'started_at',
  'state',
  'progress',
  'host',
  'exec_path',
] as const satisfies (keyof OwnerRecord)[]

function orNull<T extends object>(facts: T, keys: readonly (keyof T)[]): Record<string, unknown> {
  return Object.fromEntries(keys.map((key) => [key, facts[key] ?? null]))
}

function inWords(inspection: Inspection): string {
  const { dir, exists, held, record } = inspection
  if (!exists) return `free: ${printable(dir)} (there is no such directory yet)`
  const lines = held
    ? [`held: ${printable(dir)}`, ...ownership(inspection)]
    : [
        `free: ${printable(dir)}`,
        ...(record ? [`  record: left by ${describeRecord(record)}, which ${writerNow(inspection)}`] : []),
      ]
  return [...lines, ...place(inspection)].join('\n')
}

function writerNow({ isWriterAlive }: Inspection): string {
  if (isWriterAlive === false) return 'is gone'
  return isWriterAlive ? 'runs but does not hold the lock' : 'does not hold the lock'
}

function ownership({ through, holder, record, recordBelievable, foreign }: Inspection): string[] {
  const lines = [`  holder: ${describeHolder(holder)}`]
  if (holder?.commandLine) lines.push(`  command: ${holder.commandLine}`)
  if (through === 'directory')
    lines.push('  through: the guard of the directory, for another name or a removed lock file')
  if (!record) lines.push('  record: none')
  else if (recordBelievable === false)
    lines.push(`  record: not the holder's, it names ${describeRecord(record)}`)
  else lines.push(`  record: ${describeRecord(record)}${recordBelievable ? '' : doubt(record, foreign)}`)
  return lines
}

function doubt(record: OwnerRecord, foreign: ForeignPid | undefined): string {
  if (foreign === 'host') return ` (on another machine${record.host ? `, ${record.host}` : ''})`
  if (foreign === 'pid-namespace') return ' (in another container, whose PIDs are its own)'
  return ' (not confirmed by the kernel)'
}

function place({ dir, filesystem, synced }: Inspection): string[] {
  const lines: string[] = []
  if (filesystem) {
    const doubt = doubtAbout(dir)
    lines.push(`  filesystem: ${describeFilesystem(filesystem)}${doubt === undefined ? '' : ` (${doubt})`}`)
  }
  if (synced) lines.push(`  synchronized: ${printable(synced.root)} looks like a folder of ${synced.client}`)
  return lines
}

function describeHolder(holder: Holder | undefined): string {
  if (!holder) return 'the kernel does not name it'
  const { pid, program, startedAt } = holder
  const parts = [`PID ${pid}`, program, startedAt && `running since ${startedAt}`]
  return parts.filter(Boolean).join(', ')
}

function describeRecord({ pid, app, version, started_at, state, progress }: OwnerRecord): string {
  const program = [app, version].filter((word) => word !== undefined).join(' ')
  const step = progress ? ` ${progress.done}/${progress.total}` : ''
  const parts = [program, `PID ${pid}`, started_at && `since ${started_at}`, state && `${state}${step}`]
  return parts.filter(Boolean).join(', ')
}
