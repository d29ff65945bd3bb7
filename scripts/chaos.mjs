// @ts-check
// npm run chaos -- --rounds N --seed S [--only SCENARIO] [--fs FILESYSTEM] [--users 2]: processes race for one data
// directory and are killed, stopped and robbed of their lock file meanwhile. A witness sees if two own it at once. With
// two users, the second one may write there and attacks the first one.
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { argv, env, execPath } from 'node:process'
import { packageFolder, root } from './setup/places.mjs'
import { run } from './setup/run.mjs'
import { fail } from './setup/step.mjs'
import { setup } from './setup.mjs'

async function chaos() {
  const runtime = await setup({ virtualDisplay: false })
  // A folder of its own: what runs beside this one builds dist/ anew, and killed processes are replaced all the time.
  mkdirSync(join(root, 'out'), { recursive: true })
  const built = mkdtempSync(join(root, 'out', 'chaos-'))
  process.once('exit', () => rmSync(built, { recursive: true, force: true }))
  // The run with two users has processes of other users in it.
  chmodSync(built, 0o755)
  const compiler = join(packageFolder('typescript'), 'bin', 'tsc')
  await run('tsc', execPath, [compiler, '-p', 'tsconfig.build.json', '--outDir', built])
  const [command = '', ...args] = [
    ...inOwnMountNamespace(),
    runtime.electronPath,
    join(root, 'chaos', 'main.mjs'),
    built,
    ...argv.slice(2),
  ]
  const { status, signal, error } = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...env, ...runtime.env, ELECTRON_RUN_AS_NODE: '1' },
  })
  if (error) throw error
  if (signal) throw new Error(`ended by ${signal}`)
  process.exitCode = status ?? 1
}

/** What a run mounts goes with its last process, even after a SIGKILL: man 1 unshare. */
function inOwnMountNamespace() {
  const unshare = ['unshare', '--mount']
  return spawnSync('unshare', ['--mount', 'true']).status === 0 ? unshare : []
}

await chaos().catch(fail)
