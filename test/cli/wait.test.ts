import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { startHolder } from '../support/processes.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { runCli, startCli } from './run-cli.ts'

test('wait returns at once if no process holds the directory', async () => {
  const outcome = await runCli('wait', temporaryDirectory())
  expect(outcome).toMatchObject({ code: 0, stdout: '', stderr: '' })
})

test('wait returns when the owner releases the lock, and not before', async () => {
  const dir = temporaryDirectory()
  const holder = await startHolder({ dir })
  const cli = startCli(['wait', dir, '--timeout', '20'])
  let returned = false
  void cli.outcome.then(() => {
    returned = true
  })
  await sleep(600)
  expect(returned).toBe(false)
  await holder.finish()
  expect((await cli.outcome).code).toBe(0)
})

test('wait returns when the owner is killed', async () => {
  const dir = temporaryDirectory()
  const holder = await startHolder({ dir })
  const cli = startCli(['wait', dir])
  await sleep(300)
  await holder.kill('SIGKILL')
  expect((await cli.outcome).code).toBe(0)
})

test('wait gives up with 75 when the time is up', async () => {
  const dir = temporaryDirectory()
  await startHolder({ dir })
  const { code, stderr } = await runCli('wait', dir, '--timeout', '.3')
  expect(code).toBe(75)
  expect(stderr).toBe(`electron-datadir: ${dir} is still held after 0.3 s\n`)
})

test('Ctrl-C ends wait', async () => {
  const dir = temporaryDirectory()
  await startHolder({ dir })
  const cli = startCli(['wait', dir])
  await sleep(500)
  cli.kill('SIGINT')
  expect(await cli.outcome).toMatchObject({ signal: 'SIGINT', stderr: '' })
})
