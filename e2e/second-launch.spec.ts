import { existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'playwright/test'
import { waitFor } from '../scripts/desktop/wait-for.mjs'
import { activeWindow, listWindows, minimize, waitForFocusOf } from '../scripts/desktop/windows.mjs'
import { DialogLog } from './support/dialog-log.ts'
import { holdWithFlock } from './support/flock-command.ts'
import { test } from './support/notes.ts'

test('the dialog names the owner: PID, version, start, directory', async ({ notes }) => {
  const owner = await notes.drive()
  const log = new DialogLog(notes.folder)
  notes.start({ dialogs: { log: log.path } })
  const dialog = await log.first()
  expect(dialog.message).toBe('Notes is already open.')
  expect(dialog.detail).toContain(`PID: ${owner.pid}\n`)
  expect(dialog.detail).toMatch(
    /^PID: \d+\nVersion: \d+\.\d+\.\d+\nStarted: .+\n(Program: .+\n)?Data folder: .+/,
  )
  expect(dialog.detail).toContain(notes.dataDir)
  expect(dialog.buttons).toEqual(['Show Notes', 'Copy Details', 'Quit'])
})

test('Show brings the owner to the front and the second launch ends with 0', async ({ notes }) => {
  const owner = await notes.drive()
  const log = new DialogLog(notes.folder)
  const contender = notes.start({ dialogs: { log: log.path, press: 'Show Notes' } })
  expect(await contender.ended).toBe(0)
  await waitForFocusOf(owner.pid)
})

test('Show restores a minimized owner', async ({ notes }) => {
  const owner = await notes.drive()
  minimize(await waitForFocusOf(owner.pid))
  await expect.poll(() => activeWindow()?.pid, { timeout: 30_000 }).not.toBe(owner.pid)
  const log = new DialogLog(notes.folder)
  const contender = notes.start({ dialogs: { log: log.path, press: 'Show Notes' } })
  expect(await contender.ended).toBe(0)
  await waitForFocusOf(owner.pid)
})

test('Quit does not raise the owner, and the exit code says that nothing was handed over', async ({
  notes,
}) => {
  const owner = await notes.drive()
  minimize(await waitForFocusOf(owner.pid))
  const log = new DialogLog(notes.folder)
  const contender = notes.start({ dialogs: { log: log.path, press: 'Quit' } })
  expect(await contender.ended).toBe(75)
  expect(contender.stderr()).toContain('ERR_DATADIR_LOCKED')
  expect(activeWindow()?.pid).not.toBe(owner.pid)
  await expect(owner.page.getByRole('searchbox').or(owner.page.getByPlaceholder('Search'))).toBeAttached()
})

test('a file given to the second launch is opened in the owner without a dialog', async ({ notes }) => {
  const owner = await notes.drive()
  const file = join(notes.folder, 'plan.md')
  writeFileSync(file, '# The plan\n\nThere is none.\n')
  const log = new DialogLog(notes.folder)
  const contender = notes.start({ dialogs: { log: log.path }, args: [file] })
  expect(await contender.ended).toBe(0)
  await expect(owner.page).toHaveTitle(/The plan — Notes/)
  expect(log.read()).toEqual([])
})

test('while the owner does not respond, the dialog names the file, and the file is opened when the owner responds', async ({
  notes,
}) => {
  const owner = await notes.drive()
  const files = ['A plan.md', 'Another.md'].map((name) => join(notes.folder, name))
  for (const file of files) writeFileSync(file, `# ${file}\n`)
  process.kill(owner.pid, 'SIGSTOP')
  const log = new DialogLog(notes.folder)
  const both = notes.start({ dialogs: { log: log.path }, args: files })
  const { detail } = await log.untilItSays(/isn’t responding/)
  expect(detail).toMatch(/^It didn’t respond\.$/m)
  expect(detail).toContain(`\nFiles to open: A plan.md and 1 more\nPID: ${owner.pid}\n`)
  process.kill(owner.pid, 'SIGCONT')
  expect(await both.ended).toBe(0)
  const list = owner.page.getByRole('listbox', { name: 'Notes' })
  await expect(list.getByRole('option')).toHaveCount(2)

  process.kill(owner.pid, 'SIGSTOP')
  const trying = new DialogLog(notes.folder, 'trying')
  const press = 'Try Again'
  const third = notes.start({ dialogs: { log: trying.path, press }, args: [import.meta.filename] })
  expect((await trying.first()).detail).toContain('\nFile to open: second-launch.spec.ts\n')
  process.kill(owner.pid, 'SIGCONT')
  expect(await third.ended).toBe(0)
})

test('a second launch opens neither the database nor a window', async ({ notes }) => {
  await notes.drive()
  const log = new DialogLog(notes.folder)
  const contender = notes.start({ dialogs: { log: log.path } })
  await log.first()
  expect(openFilesOf(contender.pid).filter((path) => path.startsWith(notes.dataDir))).toEqual([])
  expect(listWindows().filter((window) => window.pid === contender.pid)).toEqual([])
})

test('a second launch does not create a database', async ({ notes }) => {
  const holder = await holdWithFlock(notes.dataDir)
  const log = new DialogLog(notes.folder)
  const contender = notes.start({ dialogs: { log: log.path, press: 'Quit' } })
  expect(await contender.ended).toBe(75)
  expect(readdirSync(notes.dataDir)).toEqual(['notes.lock'])
  holder.kill()
})

test('a holder that cannot be asked is named, without a Show button', async ({ notes }) => {
  const holder = await holdWithFlock(notes.dataDir)
  const log = new DialogLog(notes.folder)
  notes.start({ dialogs: { log: log.path } })
  const dialog = await log.first()
  expect(dialog.message).toBe('flock is using your Notes data.')
  expect(dialog.detail).toContain(`PID: ${holder.pid}\n`)
  expect(dialog.buttons).toEqual(['Try Again', 'Copy Details', 'Quit'])
  holder.kill()
})

test('Try Again opens the app when the holder has ended', async ({ notes }) => {
  const holder = await holdWithFlock(notes.dataDir)
  const log = new DialogLog(notes.folder)
  const contender = notes.start({ dialogs: { log: log.path, press: 'Try Again' } })
  await log.first()
  holder.kill()
  await waitForFocusOf(contender.pid)
  await waitFor('the database', () => existsSync(join(notes.dataDir, 'notes.db')) || undefined)
})

/** Returns the paths that a process and its children have open now. */
function openFilesOf(pid: number): string[] {
  return familyOf(pid).flatMap((member) =>
    readdirSync(`/proc/${member}/fd`).flatMap((fd) => {
      try {
        return [readlinkSync(`/proc/${member}/fd/${fd}`)]
      } catch {
        return [] // Closed between the listing and the look.
      }
    }),
  )
}

function familyOf(pid: number): number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) => {
    const path = `/proc/${pid}/task/${task}/children`
    return readFileSync(path, 'utf8').split(' ').filter(Boolean).map(Number)
  })
  return [pid, ...children.flatMap(familyOf)]
}
