import { parseArgs } from 'node:util'
import type { Holder } from '../lock/holder.ts'
import type { OwnerRecord } from '../lock/owner-record.ts'
import { type Command, directoryAmong, nameOption, parsing } from './command-line.ts'
import { exitCode, exitCodesHelp } from './exit-codes.ts'
import { type Inspection, inspect } from './inspect.ts'
import { printable, say } from './output.ts'

const help = `Usage: electron-datadir status DIR [--name NAME] [--json]

Says whether a data directory is free or held, and by whom. Changes nothing: a directory that does not exist is
free, and is not created.

  --name NAME  the name the app chose; its lock is NAME.lock (default: app)
  --json       one line of JSON: dir, exists, name, lock, held, through ("lock-file" or "directory"), holder
               {pid, program} as the kernel tells it, record {pid, app, version, started_at, state} as the owner
               wrote it, recordBelievable (does the record name the holder?); null for what is not known

${exitCodesHelp}`

/** `status DIR`: exit code 0 for free, 75 for held. */
export const status: Command = {
  help,
  async run(args) {
    const { values, positionals } = parsing(() =>
      parseArgs({ args, allowPositionals: true, options: { ...nameOption, json: { type: 'boolean' } } }),
    )
    const inspection = await inspect(directoryAmong(positionals), values.name)
    say(values.json ? JSON.stringify(facts(inspection, values.name)) : inWords(inspection))
    return inspection.held ? exitCode.held : exitCode.ok
  },
}

function facts(inspection: Inspection, name: string): Record<string, unknown> {
  const { dir, exists, lockPath, held, through, holder, record, recordBelievable } = inspection
  return {
    dir,
    exists,
    name,
    lock: lockPath,
    held,
    through: through ?? null,
    holder: holder ? { pid: holder.pid, program: holder.program ?? null } : null,
    record: record ? withoutSecrets(record) : null,
    recordBelievable: recordBelievable ?? null,
  }
}

/** Whoever has the token may talk to the owner: it does not belong into a terminal's scroll-back or a log. */
function withoutSecrets({ pid, app, version, started_at, state }: OwnerRecord): Record<string, unknown> {
  return {
    pid,
    app: app ?? null,
    version: version ?? null,
    started_at: started_at ?? null,
    state: state ?? null,
  }
}

function inWords(inspection: Inspection): string {
  const { dir, exists, held, through, holder, record, recordBelievable } = inspection
  if (!exists) return `free: ${printable(dir)} (there is no such directory yet)`
  if (!held) {
    const left = record ? `\n  record: left by ${describeRecord(record)}, which is gone` : ''
    return `free: ${printable(dir)}${left}`
  }
  const lines = [`held: ${printable(dir)}`, `  holder: ${describeHolder(holder)}`]
  if (through === 'directory')
    lines.push('  through: the directory itself, for another name or a removed lock file')
  if (!record) lines.push('  record: none')
  else if (recordBelievable === false)
    lines.push(`  record: not the holder's, it names ${describeRecord(record)}`)
  else
    lines.push(
      `  record: ${describeRecord(record)}${recordBelievable ? '' : ' (not confirmed by the kernel)'}`,
    )
  return lines.join('\n')
}

function describeHolder(holder: Holder | undefined): string {
  if (!holder) return 'the kernel does not say who'
  return `PID ${holder.pid}${holder.program ? `, ${printable(holder.program)}` : ''}`
}

function describeRecord({ pid, app, version, started_at, state }: OwnerRecord): string {
  const program = [app, version].filter((word) => word !== undefined).join(' ')
  const parts = [program, `PID ${pid}`, started_at && `since ${started_at}`, state]
  return printable(parts.filter(Boolean).join(', '))
}
