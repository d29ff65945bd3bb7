import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect } from 'playwright/test'
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

  const first = await notes.drive()
  // The folder chooser is the one dialog here that Playwright cannot press. What it returns is real.
  await first.app.evaluate(({ dialog }, chosen) => {
    dialog.showOpenDialog = async () => ({ canceled: false, filePaths: [chosen] })
  }, folder)
  const labels: string[] = []
  await first.page.exposeFunction('noteLabel', (text: string) => labels.push(text))
  await first.page.evaluate(`new MutationObserver(([change]) => noteLabel(change.target.textContent))
    .observe(document.getElementById('import-label'), { childList: true })`)
  await first.page.getByRole('button', { name: 'Import folder' }).click()
  await expect(first.page.getByText(`${count} notes added`)).toBeVisible({ timeout: 30_000 })
  const steps = new Set(labels.filter((text) => text.startsWith('Importing')))
  expect(steps.size).toBeGreaterThan(2)
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
  const { page } = await notes.drive()
  const folder = join(notes.folder, 'files')
  mkdirSync(folder)
  const files = Array.from({ length: 4_000 }, (_, index) => join(folder, `${index}.md`))
  for (const file of files) writeFileSync(file, file)
  const log = join(notes.folder, 'dialogs.jsonl')
  const launch = notes.start({ args: files, dialogs: { press: 'Show Notes', log } })
  await page.getByRole('button', { name: 'Cancel' }).click({ timeout: 30_000 })
  await expect(page.getByText(/^Import canceled: /)).toBeVisible()
  expect(await launch.ended).toBe(0)
})
