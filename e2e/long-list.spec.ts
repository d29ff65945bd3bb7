import { join } from 'node:path'
import { expect, type Page } from 'playwright/test'
import { type Notes, test } from './support/notes.ts'
import { runScript } from './support/run-script.ts'

const noteCount = 20_000

/** Adds notes to the closed database. The latest one is number 1. */
function addNotes(notes: Notes): void {
  const program = `
    const db = new (require('better-sqlite3'))(process.argv[1])
    db.exec("with recursive n (i) as (select 1 union all select i + 1 from n where i < ${noteCount})" +
      " insert into notes (title, body, updated_at) select 'Number ' || i, 'common', 1e12 - i * 1000 from n")`
  runScript(program, join(notes.dataDir, 'notes.db'))
}

const list = (page: Page) => page.getByRole('listbox', { name: 'Notes' })
const rows = (page: Page) => list(page).getByRole('option')
const chosen = (page: Page) => list(page).getByRole('option', { selected: true })

test('a list of 20,000 notes is read where the user looks, and the keyboard reaches all of it', async ({
  notes,
}) => {
  await (await notes.drive()).app.close()
  addNotes(notes)
  const { page } = await notes.drive()
  await expect(rows(page).first()).toContainText('Number 1')
  await expect(page.getByText('20,000 notes')).toBeVisible()

  await list(page).focus()
  await page.keyboard.press('End')
  await expect(chosen(page)).toContainText('Number 20000')
  await expect(chosen(page)).toHaveAttribute('aria-posinset', '20000')
  await expect(chosen(page)).toHaveAttribute('aria-setsize', '20000')
  await expect(page).toHaveTitle('Number 20000 — Notes')
  expect(await rows(page).count()).toBeLessThan(60)

  await page.keyboard.press('PageUp')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('End')
  await page.keyboard.press('ArrowUp')
  await expect(chosen(page)).toContainText('Number 19999')
  await expect(page).toHaveTitle('Number 19999 — Notes')

  await page.keyboard.press('Delete')
  await expect(page.getByText('19,999 notes')).toBeVisible()
  await expect(chosen(page)).toContainText('Number 20000')
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect(page.getByText('20,000 notes')).toBeVisible()
  await expect(chosen(page)).toContainText('Number 19999')

  await page.keyboard.press('Home')
  await expect(chosen(page)).toContainText('Number 1')
  // The text of a note may come when the user has scrolled on.
  await list(page).evaluate((element) => {
    element.dispatchEvent(Object.assign(new Event('keydown', { bubbles: true }), { key: 'ArrowDown' }))
    element.scrollTo(0, element.scrollHeight / 2)
  })
  await expect(page).toHaveTitle('Number 2 — Notes')
  await expect(rows(page).filter({ hasText: /^Number 10000/ })).toBeVisible()
  await page.getByRole('button', { name: 'New note' }).first().click()
  await expect(chosen(page)).toContainText('Untitled')
  await expect(chosen(page)).toBeInViewport()

  const search = page.getByRole('searchbox')
  await search.fill('common')
  await expect(rows(page).first()).toContainText('Number 20000')
  await expect(page.locator('#found')).toHaveText('20,000 notes')
  await search.press('ArrowDown')
  await expect(list(page)).toBeFocused()
  await page.keyboard.press('End')
  await expect(chosen(page)).toHaveAttribute('aria-posinset', '20000')
  await expect(page).toHaveTitle('Number 1 — Notes')
  await search.fill('Number 12345')
  await expect(rows(page)).toHaveCount(1)
  await search.fill('')
  await expect(rows(page)).not.toHaveCount(1)
  await list(page).focus()
  // The notes may not be counted again yet.
  await page.keyboard.press('End')
  await expect(chosen(page)).toHaveAttribute('aria-posinset', '20000')
  await search.fill('nowhere')
  await expect(page.getByText('No notes found for “nowhere”')).toBeVisible()
})

test('a word inside a Japanese text is found', async ({ notes }) => {
  const { page } = await notes.drive()
  await page.getByRole('button', { name: 'New note' }).first().click()
  await page.keyboard.insertText('明日は東京都庁に行きます')
  await expect(page.getByText('Saved')).toBeVisible()
  await page.getByRole('searchbox').fill('京都')
  await expect(rows(page).locator('mark')).toHaveText('京都')
  await page.getByRole('searchbox').fill('大阪')
  await expect(page.getByText('No notes found for “大阪”')).toBeVisible()
})
