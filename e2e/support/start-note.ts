import { expect, type Page } from 'playwright/test'

/** Starts a note and types its first words, as a person does who waits for the caret. */
export async function startNote(page: Page, words: string): Promise<void> {
  await page.getByRole('button', { name: 'New note' }).first().click()
  await expect(page.getByLabel('Title')).toBeFocused()
  await page.keyboard.type(words)
}
