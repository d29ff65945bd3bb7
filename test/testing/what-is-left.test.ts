import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { TestKitError } from '../../src/main/testing/errors.ts'
import { startHolder } from '../../src/main/testing/start-holder.ts'
import { isRunning, untilTestEnds } from '../support/processes.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { thrownBy } from '../support/thrown-by.ts'

const kit = new URL('../../dist/main/testing/api.js', import.meta.url).href

test('children that are started at the same time all end with the disposal', async () => {
  const holder = untilTestEnds(await startHolder({ dir: temporaryDirectory() }))
  const pids = await Promise.all([holder.startChild(), holder.startChild(), holder.startChild()])
  expect(new Set(pids).size).toBe(3)
  expect(pids.filter(isRunning)).toEqual(pids)
  await holder[Symbol.asyncDispose]()
  await expect.poll(() => pids.filter(isRunning)).toEqual([])
})

test('SIGTERM ends a stopped holder', async () => {
  const holder = untilTestEnds(await startHolder({ dir: temporaryDirectory() }))
  await holder.stop()
  await holder.kill('SIGTERM')
  expect(isRunning(holder.pid)).toBe(false)
})

test('a process that answers with something else is an error, and is ended', async () => {
  const folder = temporaryDirectory()
  const [program, script, pidFile] = ['program', 'script.cjs', 'pid'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ]
  writeFileSync(program, `#!/bin/sh\necho $$ >'${pidFile}'\nexec '${process.execPath}' '${script}'\n`, {
    mode: 0o700,
  })
  writeFileSync(
    script,
    `const tell = (id, type) => process.send({ id, report: { type } })
    process.on('message', ({ id }) => tell(id, 'released'))
    tell(0, 'ready')`,
  )
  const error = await thrownBy(TestKitError, () => startHolder({ dir: folder, execPath: program }))
  expect(error.message).toContain('sent the unexpected message released')
  expect(isRunning(Number(readFileSync(pidFile, 'utf8')))).toBe(false)
})

test.each([
  ['exits', 'process.exit()'],
  ['throws', "throw new Error('a failing test')"],
  ['is killed', "process.kill(process.pid, 'SIGKILL')"],
])('a process of the test that %s leaves neither a holder nor a child of a killed one', async (_how, end) => {
  const script = `import { startHolder } from ${JSON.stringify(kit)}
    const killed = await startHolder({ dir: ${JSON.stringify(temporaryDirectory())} })
    const living = await startHolder({ dir: ${JSON.stringify(temporaryDirectory())} })
    const pids = [living.pid, await living.startChild(), await killed.startChild()]
    await killed.kill()
    console.log(JSON.stringify(pids))
    process.stdin.once('data', () => { ${end} })`
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  onTestFinished(() => {
    parent.kill('SIGKILL')
  })
  const pids: number[] = JSON.parse(String((await once(parent.stdout, 'data'))[0]))
  expect(pids.filter(isRunning)).toEqual(pids)
  parent.stdin.write('\n')
  await expect.poll(() => pids.filter(isRunning)).toEqual([])
})

test('the process of a test can end while the child of a killed holder still runs', () => {
  const script = `import { startHolder } from ${JSON.stringify(kit)}
    const holder = await startHolder({ dir: ${JSON.stringify(temporaryDirectory())} })
    await holder.startChild()
    await holder.kill()`
  const { status } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { timeout: 90_000 })
  expect(status).toBe(0)
})
