// @ts-check
// npm run chaos -- --rounds N --seed S [--only SCENARIO] [--fs FILESYSTEM] [--users 2]: processes race for one data
// directory. Meanwhile they are killed and stopped, and their lock file is removed. A witness file shows whether two
// processes own the directory at the same time. With two users, the second one may write there and attacks the first one.
import { spawnSync } from 'node:child_process'
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { compileForRun, runInElectronsNode } from './compile-package.mjs'
import { root } from './setup/places.mjs'
import { fail } from './setup/step.mjs'
import { setup } from './setup.mjs'

async function chaos() {
  const runtime = await setup({ virtualDisplay: false })
  const built = await compileForRun('chaos')
  // A run with two users has processes of other users, which load the package.
  chmodSync(built, 0o755)
  const args = [join(root, 'chaos', 'main.mjs'), built, ...process.argv.slice(2)]
  runInElectronsNode(runtime, args, ownMountNamespace())
}

/** The kernel removes the mounts of a run with its last process, even after a SIGKILL: man 1 unshare. */
function ownMountNamespace() {
  const unshare = ['unshare', '--mount']
  return spawnSync('unshare', ['--mount', 'true']).status === 0 ? unshare : []
}

await chaos().catch(fail)
