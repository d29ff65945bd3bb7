import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, type TestContext, test } from 'vitest'
import { isRemotePath } from '../../src/main/cli/watched.ts'
import { mountSilent } from '../support/silent-mount.ts'
import { skip } from '../support/skip.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { otherNode, runCli, startCli } from './run-cli.ts'

async function mountOrSkip(ctx: TestContext) {
  const mount = await mountSilent()
  return 'missing' in mount ? skip(ctx, mount.missing) : mount
}

/** A directory on the mount, through a link on a local filesystem, which must not be followed by asking the mount. */
function linkTo(dir: string): string {
  const link = join(temporaryDirectory(), 'link')
  symlinkSync(dir, link)
  return link
}

test('status, wait, exec and focus end in time if the filesystem does not answer', async (ctx) => {
  const mount = await mountOrSkip(ctx)
  const link = linkTo(mount.dir)
  mount.stopAnswering()
  const outcomes = await Promise.all([
    runCli('status', mount.dir),
    runCli('wait', link, '--timeout', '1'),
    runCli('exec', mount.dir, '--wait', '0.5', '--', 'true'),
    runCli('focus', mount.dir, '--timeout', '1'),
  ])
  for (const [index, time] of ['10 s', '3 s', '2.5 s', '3 s'].entries()) {
    expect(outcomes[index]).toMatchObject({ code: 69, stdout: '' })
    expect(outcomes[index]?.stderr).toContain(`has not answered within ${time}`)
  }
})

test('the same commands work if it answers, and COMMAND may take its time', async (ctx) => {
  const { dir } = await mountOrSkip(ctx)
  const outcomes = await Promise.all([
    runCli('status', linkTo(dir)),
    runCli('wait', dir, '--timeout', '8'),
    runCli('exec', `${dir}-2`, '--wait', '2', '--', 'sh', '-c', 'sleep 4.5; env | grep -c WATCHED'),
  ])
  expect(outcomes).toMatchObject([{ code: 0 }, { code: 0 }, { code: 1, stdout: '0\n' }])
})

test('a Node.js without fs-ext hands over to Electron, and the time limit still holds', async (ctx) => {
  const runtime = otherNode() ?? skip(ctx, 'there is no other Node.js')
  const mount = await mountOrSkip(ctx)
  const { ELECTRON_RUN_AS_NODE: _, ...env } = process.env
  const exec = ['exec', mount.dir, '--', 'sh', '-c', 'echo $ELECTRON_RUN_AS_NODE$ELECTRON_DATADIR_RELAUNCHED']
  expect(await startCli(exec, { runtime, env }).outcome).toMatchObject({ code: 0, stdout: '\n' })
  mount.stopAnswering()
  const { code } = await startCli(['wait', mount.dir, '--timeout', '0'], { runtime, env }).outcome
  expect(code).toBe(69)
})

test('a path is remote by its mount, through links and loops, and the mount gets no request', async (ctx) => {
  const mount = await mountOrSkip(ctx)
  mount.stopAnswering()
  const folder = temporaryDirectory()
  mkdirSync(join(folder, 'local'))
  symlinkSync('loop', join(folder, 'loop'))
  symlinkSync(`../${folder.split('/').at(-1)}/local/../away`, join(folder, 'relative'))
  symlinkSync(mount.dir, join(folder, 'away'))
  expect(isRemotePath(join(folder, 'relative', 'deep'))).toBe(true)
  expect(isRemotePath(join(mount.dir, 'missing'))).toBe(true)
  for (const name of ['local', 'loop', 'missing']) expect(isRemotePath(join(folder, name))).toBe(false)
})
