import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type ElectronApplication, expect } from 'playwright/test'
import { test } from './support/notes.ts'

const nodeModules = resolve(import.meta.dirname, '../node_modules')

/** Copies the README of every package that has one: a few hundred real Markdown files. */
function collectReadmes(folder: string): number {
  const packages = readdirSync(nodeModules).flatMap((name) =>
    name.startsWith('@') ? readdirSync(join(nodeModules, name)).map((inner) => join(name, inner)) : name,
  )
  let count = 0
  for (const name of packages.filter((path) => !path.startsWith('.'))) {
    const readme = readdirSync(join(nodeModules, name)).find((file) => /^readme\.md$/i.test(file))
    if (readme === undefined) continue
    cpSync(join(nodeModules, name, readme), join(folder, name, 'README.md'))
    count++
  }
  return count
}

test('a folder of a few hundred READMEs is imported with visible progress and found after a restart', async ({
  notes,
}) => {
  const folder = join(notes.folder, 'readmes')
  const count = collectReadmes(folder)
  expect(count).toBeGreaterThan(200)

  writeFileSync(join(folder, 'cafe.txt'), Buffer.from([0x63, 0x61, 0x66, 0xe9]))

  const first = await notes.drive()
  // The folder chooser is the one dialog here that Playwright cannot press. What it returns is real.
  await first.app.evaluate(({ dialog }, chosen) => {
    dialog.showOpenDialog = async () => ({ canceled: false, filePaths: [chosen] })
  }, folder)
  const labels: string[] = []
  await first.page.exposeFunction('noteLabel', (text: string) => labels.push(text))
  await first.page.evaluate(`new MutationObserver(([change]) => noteLabel(change.target.textContent))
    .observe(document.getElementById('import-label'), { childList: true })`)
  // There is no first note to choose yet.
  await first.page.getByLabel('Search notes').press('ArrowDown')
  await first.page.getByRole('button', { name: 'Import folder', exact: true }).click()
  await expect(first.page.getByText(`${count} notes added`)).toBeVisible({ timeout: 30_000 })
  const steps = new Set(labels.filter((text) => text.startsWith('Importing')))
  expect(steps.size).toBeGreaterThan(1)
  const scrollTop = await first.page.evaluate<number>(`new Promise((resolve) => {
    const list = document.getElementById('list')
    list.scrollTop = 2000
    requestAnimationFrame(() => requestAnimationFrame(() => resolve(list.scrollTop)))
  })`)
  expect(scrollTop).toBe(2000)
  const skipped = first.page.getByRole('region', { name: '1 item skipped' })
  await expect(skipped.getByRole('listitem')).toHaveText('cafe.txtIt isn’t a text file in UTF-8.')
  await skipped.getByRole('button', { name: 'Close' }).click()
  await expect(skipped).toBeHidden()
  await first.app.close()

  const second = await notes.drive()
  await second.page
    .getByRole('searchbox')
    .or(second.page.getByLabel('Search notes'))
    .first()
    .fill('type-safe SQL query builder')
  const list = second.page.getByRole('listbox', { name: 'Notes' })
  await expect(list.getByRole('option').first()).toContainText(/kysely/i)
})

test('an import of files from the command line can be canceled', async ({ notes }) => {
  const { app, page } = await notes.drive()
  const folder = join(notes.folder, 'files')
  mkdirSync(folder)
  const files = Array.from({ length: 600 }, (_, index) => join(folder, `${index}.md`))
  for (const file of files) writeFileSync(file, file)
  await holdReads(app, 300)
  const log = join(notes.folder, 'dialogs.jsonl')
  const launch = notes.start({ args: files, dialogs: { log } })
  await page.getByRole('button', { name: 'Cancel' }).click({ timeout: 30_000 })
  await app.evaluate(() => (globalThis as unknown as { release: () => void }).release())
  await expect(page.getByText(/^Import canceled: /)).toBeVisible()
  expect(await launch.ended).toBe(0)
})

/** The files after the first `count` are read when the test calls `release` in the app. An import is too fast otherwise. */
async function holdReads(app: ElectronApplication, count: number): Promise<void> {
  await app.evaluate((_electron, free) => {
    const fs = process.getBuiltinModule('node:fs/promises')
    const { readFile } = fs
    const released = new Promise<void>((release) => Object.assign(globalThis, { release }))
    let reads = 0
    fs.readFile = (async (...args: Parameters<typeof readFile>) => {
      reads += 1
      if (reads > free) await released
      return await readFile(...args)
    }) as typeof readFile
    process.getBuiltinModule('node:module').syncBuiltinESMExports()
  }, count)
}
