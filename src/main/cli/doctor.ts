import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type NativeModule, neededRuntime, repairCommand, thisRuntime } from '../runtime/runtime.ts'
import { type Command, exitCode, parse, UnavailableError, UsageError } from './command-line.ts'
import type { Finding } from './doctor-probe.ts'
import { firstLine, say, sayJson } from './output.ts'
import { findProjectElectron } from './project-electron.ts'

const modules: readonly NativeModule[] = ['fs-ext', 'better-sqlite3']
/** How long one module may take to load and to be used, in milliseconds. */
const probeTime = 30_000

export const doctor: Command = {
  help: `Usage: electron-datadir doctor [--json]

Loads and uses the two native modules, fs-ext and better-sqlite3, in the project's Electron and in this Node.js. If one
does not work, prints the command that repairs it. An Electron project needs them in its Electron only.

  --json  one line: runtimes, with module ABI and Node-API version, and findings; for scripts and bug reports`,

  async run(args) {
    const { values, positionals } = parse(args, { json: { type: 'boolean' } })
    if (positionals.length > 0) throw new UsageError('doctor takes no data directory')
    const diagnoses = runtimesHere().map((executable) => ({
      executable,
      findings: modules.map((module) => probe(executable, module)),
    }))
    // The runtime of the project is the first, and decides.
    const [broken = [], ...others] = diagnoses.map(({ findings }) =>
      findings.filter((finding) => finding.failure && !isOptional(finding)),
    )
    const works = broken.length === 0
    if (values.json) sayJson({ works, runtimes: diagnoses })
    else {
      for (const { executable, findings } of diagnoses) say(describe(executable, findings))
      say(works ? 'Nothing to repair.' : repairs(broken))
      if (works && others.some(({ length }) => length > 0))
        say('What does not work in Node.js is no harm: the project runs in Electron.')
    }
    return works ? exitCode.ok : exitCode.unavailable
  },
}

/** Returns the project's Electron, if there is one, and the runtime of this process, if it is another one. */
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

/** An app that has no database has not installed better-sqlite3. */
function isOptional({ module, failure }: Finding): boolean {
  return module === 'better-sqlite3' && failure === 'not-installed'
}

function describe(executable: string, findings: readonly Finding[]): string {
  const lines = findings.map((finding) => {
    const { module, failure, detail, runtime } = finding
    const note = isOptional(finding)
      ? `. Only a database needs it: ${repairCommand(module, 'not-installed', runtime)}`
      : ''
    const found =
      failure === undefined ? `works: ${detail}` : `${words[failure]}${explain(failure, detail)}${note}`
    return `  ${module.padEnd(15)} ${found}`
  })
  const { title, moduleAbi, napi } = findings[0]?.runtime ?? thisRuntime()
  return [`${title}, module ABI ${moduleAbi}, Node-API ${napi}: ${executable}`, ...lines].join('\n')
}

const words: Record<NonNullable<Finding['failure']>, string> = {
  'not-installed': 'is not installed',
  'not-built': 'was never compiled',
  'wrong-runtime': 'was compiled for another runtime',
  crashes: 'crashes when it is used',
  failed: 'fails:',
}

/** The loader's message about a build for another runtime has four lines. The one useful fact in it is the ABI number. */
function explain(failure: Finding['failure'], detail: string): string {
  if (failure === 'failed') return ` ${firstLine(detail)}`
  const compiledFor = /NODE_MODULE_VERSION (\d+)/.exec(detail)?.[1]
  return compiledFor === undefined ? '' : ` (module ABI ${compiledFor})`
}

function repairs(broken: readonly Finding[]): string {
  const commands = broken.map(
    ({ module, failure = 'failed', runtime }) =>
      `  ${repairCommand(module, failure, runtime) ?? `${module} needs ${neededRuntime(runtime)}`}`,
  )
  return ['Repair, in the project:', ...commands].join('\n')
}
