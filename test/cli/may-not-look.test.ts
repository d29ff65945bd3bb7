// A directory that this user may not look into is neither free nor held, as far as this user can say.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, type TestContext, test } from 'vitest'
import { whyNoOtherUser } from '../support/other-user.ts'
import { startHolder } from '../support/processes.ts'
import { skip } from '../support/skip.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { type Outcome, runCliAs } from './run-cli.ts'

const stranger = 60_001

/** A directory of root's, where nobody is, with or without a lock file that only root can open. */
function directoryOfRoot(ctx: TestContext, { withLockFile = true } = {}) {
  const reason = whyNoOtherUser()
  if (reason !== undefined) skip(ctx, reason)
  const parent = temporaryDirectory()
  const dir = join(parent, 'data')
  mkdirSync(dir)
  if (withLockFile) writeFileSync(join(dir, 'app.lock'), '', { mode: 0o600 })
  chmodSync(parent, 0o755)
  return { parent, dir }
}

const looksOf = (dir: string): Promise<Outcome[]> =>
  Promise.all([
    runCliAs(stranger, 'status', dir),
    runCliAs(stranger, 'wait', dir, '--timeout', '0'),
    runCliAs(stranger, 'wait', dir),
  ])

function expectRefusals(looks: readonly Outcome[], dir: string): void {
  for (const { code, stdout, stderr } of looks) {
    expect({ code, stdout, stderr }).toMatchObject({ code: 69, stdout: '' })
    expect(stderr).toMatch(/^electron-datadir: .+\n$/)
    expect(stderr).toContain(dir)
  }
}

test.for([
  ['may not be entered or listed', 0o700],
  ['may be listed, but not entered', 0o744],
  ['may be entered, with a lock file that may not be opened', 0o711],
  ['may be listed and entered, with a lock file that may not be opened', 0o755],
] as const)('a directory that %s is not called free', async ([, mode], ctx) => {
  const { dir } = directoryOfRoot(ctx)
  chmodSync(dir, mode)
  expectRefusals(await looksOf(dir), dir)
})

test('a directory that may be entered but not listed is not called free because it shows no lock file', async (ctx) => {
  const { dir } = directoryOfRoot(ctx, { withLockFile: false })
  chmodSync(dir, 0o711)
  expectRefusals(await looksOf(dir), dir)
})

test('a directory inside a folder that may not be entered is not called free', async (ctx) => {
  const { parent, dir } = directoryOfRoot(ctx)
  chmodSync(parent, 0o700)
  expectRefusals(await looksOf(dir), dir)
})

test('a directory that this user may look into is free', async (ctx) => {
  const { dir } = directoryOfRoot(ctx, { withLockFile: false })
  expect((await runCliAs(stranger, 'status', dir)).code).toBe(0)
})

test('a user who may not look still sees an owner that the kernel names', async (ctx) => {
  const { dir } = directoryOfRoot(ctx, { withLockFile: false })
  const holder = await startHolder({ dir })
  const { code, stdout } = await runCliAs(stranger, 'status', dir)
  expect(code).toBe(75)
  expect(stdout).toContain(`holder: PID ${holder.pid}`)
})
