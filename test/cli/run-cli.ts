import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import { onTestFinished } from 'vitest'

/** The CLI, module by module. */
export const cliPath = resolve(import.meta.dirname, '../../dist/main/cli/main.js')
/** The CLI as it is published. */
export const publishedCliPath = resolve(import.meta.dirname, '../../dist/cli.js')

/** How a CLI process ended, and what it printed. */
export interface Outcome {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs the CLI to its end. */
export function runCli(...args: string[]): Promise<Outcome> {
  return startCli(args).outcome
}

/** The same as another user, in no group but their own. Only root may do that: see `whyNoOtherUser`. */
export function runCliAs(uid: number, ...args: string[]): Promise<Outcome> {
  // It becomes that user after it has started: its program may be where only root can read.
  const script = `
    process.setgroups([])
    process.setgid(${uid})
    process.setuid(${uid})
    process.argv.splice(1, 0, 'electron-datadir')
    await import(${JSON.stringify(pathToFileURL(cliPath).href)})`
  const words = ['--input-type=module', '-e', script, '--', ...args]
  return outcomeOf(spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'], cwd: '/' }))
}

/** A CLI process that is still running, killed when the test ends. */
export interface RunningCli {
  readonly pid: number
  /** The next line on its standard output. */
  nextLine(): Promise<string>
  /** What it has complained of so far. */
  complaints(): string
  kill(signal: NodeJS.Signals): void
  readonly outcome: Promise<Outcome>
}

/** Starts the CLI, in this runtime or in another. */
export function startCli(
  args: string[],
  { runtime = process.execPath, env = process.env, cli = cliPath } = {},
): RunningCli {
  const child = spawn(runtime, [cli, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  let complaints = ''
  child.stderr.on('data', (chunk) => {
    complaints += chunk
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    pid: child.pid ?? 0,
    async nextLine() {
      const { value, done } = await lines.next()
      if (done) throw new Error('the CLI said nothing more')
      return value
    },
    complaints: () => complaints,
    kill: (signal) => child.kill(signal),
    outcome: outcomeOf(child),
  }
}

async function outcomeOf(child: ChildProcessByStdio<null, Readable, Readable>): Promise<Outcome> {
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  const [code, signal] = await once(child, 'close')
  return { code, signal, stdout, stderr }
}

/** Runs a shell script that runs the CLI as `"$runtime" "$main"`, and further arguments as `$1` and so on. */
export function runShell(script: string, ...args: string[]): Outcome {
  const { status, signal, stdout, stderr } = spawnSync('bash', ['-c', script, 'bash', ...args], {
    encoding: 'utf8',
    env: { ...process.env, runtime: process.execPath, main: cliPath },
  })
  return { code: status, signal, stdout, stderr }
}

/** A plain Node for which fs-ext is not compiled, as in an Electron project's shell; undefined where there is none. */
export function otherNode(): string | undefined {
  const { ELECTRON_RUN_AS_NODE: _, ...env } = process.env
  const script = 'process.stdout.write(JSON.stringify([process.execPath, process.versions.modules]))'
  const { status, stdout } = spawnSync('node', ['-e', script], { encoding: 'utf8', env })
  if (status !== 0) return undefined
  const [path, modules] = JSON.parse(stdout) as [string, string]
  return modules === process.versions.modules ? undefined : path
}
