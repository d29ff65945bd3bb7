import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect } from 'playwright/test'
import { activeWindow, minimize, waitForFocusOf } from '../scripts/desktop/windows.mjs'
import { buildPackage } from './support/build-package.ts'
import { test } from './support/notes.ts'

let cli = ''
test.beforeAll(() => {
  cli = join(buildPackage(), 'main', 'cli', 'main.js')
})

/** The command line, in the app's own Electron. */
async function focus(dataDir: string, ...words: string[]) {
  const child = spawn(
    process.env.ELECTRON_PATH ?? '',
    [cli, 'focus', dataDir, '--name', 'notes', '--timeout', '60', ...words],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
    },
  )
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ])
  return { code, stdout, stderr }
}

test('`electron-datadir focus` restores the minimized window of the app and opens a file in it', async ({
  notes,
}) => {
  const owner = await notes.drive()
  minimize(await waitForFocusOf(owner.pid))
  // The window manager minimizes the window a moment later.
  await expect.poll(() => activeWindow()?.pid, { timeout: 30_000 }).not.toBe(owner.pid)
  const file = join(notes.folder, 'plan.md')
  writeFileSync(file, '# The plan\n\nThere is none.\n')
  const { code, stdout, stderr } = await focus(notes.dataDir, file)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toBe(`in front: Notes (PID ${owner.pid})\n`)
  await waitForFocusOf(owner.pid)
  await expect(owner.page).toHaveTitle(/The plan — Notes/)
})
