import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'
import { cliPath } from './run-cli.ts'

/** A shell script in a terminal of its own, that of script(1), ended with the test. */
export interface Terminal {
  /** The next line it shows. */
  nextLine(): Promise<string>
  /** Presses keys: `\x03` is Ctrl-C, `\x1c` is Ctrl-\. */
  press(keys: string): void
  /** The script's exit code. */
  readonly ended: Promise<number | null>
}

/** Runs a bash script in a new terminal; it runs the CLI as `"$runtime" "$main"`. */
export function openTerminal(script: string, env: NodeJS.ProcessEnv): Terminal {
  const child = spawn('script', ['--quiet', '--return', '--command', 'exec bash -c "$script"', '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, SHELL: '/bin/bash', script, runtime: process.execPath, main: cliPath, ...env },
  })
  // It hangs up, as a window that is closed.
  onTestFinished(() => {
    child.kill('SIGTERM')
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    async nextLine() {
      const { value, done } = await lines.next()
      if (done) throw new Error('the terminal shows nothing more')
      return value
    },
    press: (keys) => child.stdin.write(keys),
    ended: once(child, 'close').then(([code]) => code),
  }
}
