// @ts-check
import { join } from 'node:path'
import { _electron } from 'playwright'
import { switches } from '../../scripts/desktop/start-app.mjs'
import { appFolder } from '../../scripts/setup/places.mjs'
import { largeTitle } from './notes.mjs'

const keyInterval = 30
const timeout = 600_000

/**
 * Starts Notes under Playwright.
 * @param {import('./suite.mjs').Place} place
 */
export async function start({ electronPath, env, folder }) {
  const app = await _electron.launch({
    executablePath: electronPath,
    args: [...switches, `--user-data-dir=${join(folder, 'profile')}`, appFolder],
    env: /** @type {Record<string, string>} */ ({ ...env, NOTES_DATA_DIR: join(folder, 'data') }),
    timeout,
  })
  const page = await app.firstWindow()
  // The page takes input when its list has been read.
  await page.locator('body:not([inert])').waitFor({ timeout })
  const list = page.getByRole('listbox', { name: 'Notes' })

  return {
    close: () => app.close(),

    /**
     * @param {string} chosen
     * @param {number} count
     * @returns the milliseconds from the click to the result.
     */
    async importFolder(chosen, count) {
      await app.evaluate(({ dialog }, filePath) => {
        dialog.showOpenDialog = async () => ({ canceled: false, filePaths: [filePath] })
      }, chosen)
      const started = performance.now()
      await page.getByRole('button', { name: 'Import folder', exact: true }).click()
      await page.getByText(`${count.toLocaleString('en')} notes added`).waitFor({ timeout })
      return performance.now() - started
    },

    /**
     * @param {string} word
     * @returns the milliseconds from the input to the paint of the first matches.
     */
    async search(word) {
      await page.getByRole('searchbox').fill('')
      await page.locator('#rows mark').first().waitFor({ state: 'detached', timeout })
      await page.evaluate(untilPainted({ event: 'input', selector: '#rows mark' }))
      await page.getByRole('searchbox').fill(word)
      return Number(await page.evaluate('painted'))
    },

    /**
     * @param {number} count
     * @returns the milliseconds from the End key to the paint of the last note.
     */
    async pressEnd(count) {
      await page.getByRole('searchbox').fill('')
      await page.locator(rowAt(1)).waitFor({ timeout })
      await list.focus()
      await page.evaluate(untilPainted({ event: 'keydown', selector: rowAt(count) }))
      await page.keyboard.press('End')
      return Number(await page.evaluate('painted'))
    },

    /**
     * @param {number} count
     * @returns the milliseconds from the scroll to the paint of the last note.
     */
    async scrollToEnd(count) {
      await page.keyboard.press('Home')
      await page.locator(rowAt(1)).waitFor({ timeout })
      await page.evaluate(untilPainted({ event: 'scroll', selector: rowAt(count) }))
      await list.evaluate((element) => element.scrollTo(0, element.scrollHeight))
      return Number(await page.evaluate('painted'))
    },

    /**
     * @param {number} keys
     * @returns the milliseconds from each key to the next paint.
     */
    async typeInLargeNote(keys) {
      await list.evaluate((element) => element.scrollTo(0, 0))
      await list.getByRole('option', { name: largeTitle }).click({ timeout })
      await page.getByRole('textbox', { name: 'Text' }).click({ timeout })
      await page.evaluate(watchKeys)
      await page.keyboard.type('note '.repeat(keys / 5), { delay: keyInterval })
      return await page.evaluate('delays')
    },
  }
}

/** @param {number} position from 1 */
const rowAt = (position) => `#rows [aria-posinset="${position}"]`

/**
 * A script for the page. `painted` resolves with the milliseconds from the next event to the paint of an element. A task that a
 * frame's callback posts runs after the paint.
 * @param {{ event: string, selector: string }} what
 */
const untilPainted = ({ event, selector }) => `globalThis.painted = new Promise((resolve) => {
  document.addEventListener(${JSON.stringify(event)}, ({ timeStamp }) => {
    const look = () => requestAnimationFrame(() => {
      if (!document.querySelector(${JSON.stringify(selector)})) look()
      else setTimeout(() => resolve(performance.now() - timeStamp))
    })
    look()
  }, { capture: true, once: true })
})
void 0`

/** A script for the page. It records the milliseconds from each key to the next paint. */
const watchKeys = `
  globalThis.delays = []
  document.addEventListener('keydown', ({ timeStamp }) => {
    requestAnimationFrame(() => setTimeout(() => delays.push(performance.now() - timeStamp)))
  }, { capture: true })`
