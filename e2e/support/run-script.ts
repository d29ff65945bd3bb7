import { execFileSync } from 'node:child_process'

/** Runs a script in Electron's Node, which better-sqlite3 is compiled for. The script gets the path as its argument. */
export function runScript(script: string, path: string): void {
  execFileSync(process.env.ELECTRON_PATH ?? '', ['-e', script, path], {
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
  })
}
