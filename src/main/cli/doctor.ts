import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type NativeModule, type Runtime, repairCommand } from '../runtime/runtime.ts'
import {
  type Command,
  exitCode,
  exitCodesHelp,
  parsing,
  UnavailableError,
  UsageError,
} from './command-line.ts'
import type { Finding } from './doctor-probe.ts'
import { firstLine, say, sayJson } from './output.ts'
import { findProjectElectron } from './project-electron.ts'

const modules: readonly NativeModule[] = ['fs-ext', 'better-sqlite3']
/** How long a module may take to load and to do one thing, in milliseconds. */
const probeTime = 30_000

export const doctor: Command = {
  help: `Usage: electron-datadir doctor [--json]

Loads and uses the two native modules, fs-ext and better-sqlite3, in the project's Electron and in this Node.js, and
names the one command that repairs what does not work. An Electron project needs them in its Electron only.

  --json  one line: runtimes, with module ABI and Node-API version, and findings; for scripts and bug reports

${exitCodesHelp}`,

  async run(args) {
    const { values, positionals } = parsing(() =>
      parseArgs({ args, options: { json: { type: 'boolean' } }, allowPositionals: true }),
    )
    if (positionals.length > 0) throw new UsageError('doctor takes no data directory')
    const diagnoses = runtimesHere().map((executable) => ({
      executable,
      findings: modules.map((module) => probe(executable, module)),
    }))
    // What the project runs in comes first, and decides.
    const [project, ...others] = diagnoses
    const works = project?.findings.every(({ failure }) => failure === undefined) ?? false
    if (values.json) sayJson({ works, runtimes: diagnoses })
    else {
      for (const diagnosis of diagnoses) tellDiagnosis(diagnosis)
      say(works ? 'Nothing to repair.' : repairs(project?.findings ?? []))
      if (works && others.some(isBroken))
        say('What does not work in Node.js is no harm: the project runs in Electron.')
    }
    return works ? exitCode.ok : exitCode.unavailable
  },
}

interface Diagnosis {
  readonly executable: string
  readonly findings: readonly Finding[]
}

/** The project's Electron where there is one, and this process's own runtime where that is another. */
function runtimesHere(): string[] {
  const electron = findProjectElectron()
  if (!electron) return [process.execPath]
  return process.versions.electron ? [electron] : [electron, process.execPath]
}

function probe(executable: string, module: NativeModule): Finding {
  const script = fileURLToPath(new URL('./doctor-probe.js', import.meta.url))
  const { stdout, stderr, error } = spawnSync(executable, [script, module], {
    encoding: 'utf8',
    timeout: probeTime,
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
  })
  const last = stdout?.trim().split('\n').at(-1)
  if (error || !last)
    throw new UnavailableError(`${executable} does not run: ${error?.message ?? firstLine(stderr)}`)
  return JSON.parse(last) as Finding
}

function tellDiagnosis({ executable, findings }: Diagnosis): void {
  const [first] = findings
  if (!first) return
  say(`${title(first.runtime)}: ${executable}`)
  for (const { module, failure, detail } of findings) {
    const found = failure === undefined ? `works: ${detail}` : `${words[failure]}${explain(failure, detail)}`
    say(`  ${module.padEnd(15)} ${found}`)
  }
}

const words: Record<NonNullable<Finding['failure']>, string> = {
  'not-installed': 'is not installed',
  'not-built': 'was never compiled',
  'wrong-runtime': 'was compiled for another runtime',
  crashes: 'crashes when it is used',
  failed: 'fails:',
}

/** What the loader says of a build for another runtime is four lines long; the one number in it is what counts. */
function explain(failure: Finding['failure'], detail: string): string {
  if (failure === 'failed') return ` ${firstLine(detail)}`
  const compiledFor = /NODE_MODULE_VERSION (\d+)/.exec(detail)?.[1]
  return compiledFor === undefined ? '' : ` (module ABI ${compiledFor})`
}

function title({ title, moduleAbi, napi }: Runtime): string {
  return `${title}, module ABI ${moduleAbi}, Node-API ${napi}`
}

function isBroken({ findings }: Diagnosis): boolean {
  return findings.some(({ failure }) => failure !== undefined)
}

function repairs(findings: readonly Finding[]): string {
  const commands = findings.flatMap(({ module, failure, runtime }) =>
    failure === undefined ? [] : [`  ${repairCommand(module, failure, runtime)}`],
  )
  return ['Repair, in the project:', ...commands].join('\n')
}
