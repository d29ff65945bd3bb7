// @ts-check
// npm run crash -- --rounds N --seed S [--only ACCIDENT]: a process that writes through the pool is killed again and again.
// Every row that the pool reported as committed must be there.
import { join } from 'node:path'
import { compileForRun, runInElectronsNode } from './compile-package.mjs'
import { root } from './setup/places.mjs'
import { fail } from './setup/step.mjs'
import { setup } from './setup.mjs'

async function crash() {
  const runtime = await setup({ virtualDisplay: false })
  const built = join(await compileForRun('crash'), 'main')
  runInElectronsNode(runtime, [join(root, 'crash', 'main.mjs'), built, ...process.argv.slice(2)])
}

await crash().catch(fail)
