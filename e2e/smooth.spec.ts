import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ElectronApplication, expect } from 'playwright/test'
import { type DrivenNotes, test } from './support/notes.ts'
import { startNote } from './support/start-note.ts'

const fileCount = 5_000
const filesPerFolder = 100
// Milliseconds between two keys, and between two looks at the main thread's clock.
const keyInterval = 30
const probeInterval = 5
const idleWords = 40
// Timers count whole milliseconds.
const timerResolution = 1
// How many times later than at rest 99 of 100 timers may be: on two cores, which page, pool and main thread share.
const longestDelay = 12

function writeFiles(folder: string): void {
  for (let index = 0; index < fileCount; index++) {
    const inner = join(folder, `folder ${Math.floor(index / filesPerFolder)}`)
    if (index % filesPerFolder === 0) mkdirSync(inner, { recursive: true })
    const line = `Line of note ${index}, which says what line ${index % 7} of another note says as well.\n`
    writeFileSync(join(inner, `${index}.md`), `# Note ${index}\n\n${line.repeat(5 + (index % 40))}`)
  }
}

/** Records from now on how late a timer of the main process fires. */
function watchMainThread(app: ElectronApplication): Promise<void> {
  return app.evaluate((_, interval) => {
    const test = globalThis as { delays?: number[] }
    test.delays = []
    let due = performance.now() + interval
    setInterval(() => {
      const now = performance.now()
      test.delays?.push(Math.max(0, now - due))
      due = now + interval
    }, interval)
  }, probeInterval)
}

/** Returns what was recorded since the last call, in milliseconds, shortest first. */
function takeDelays(app: ElectronApplication): Promise<number[]> {
  return app.evaluate(() => {
    const test = globalThis as { delays?: number[] }
    const delays = test.delays ?? []
    test.delays = []
    return delays.sort((a, b) => a - b)
  })
}

/**
 * Goes on writing in the open note, and after some words searches for a word that every imported note has.
 *
 * @returns what was written.
 */
async function typeOn({ page }: DrivenNotes, go: (count: number) => Promise<boolean>): Promise<string> {
  const search = page.getByLabel('Search notes').first()
  const text = page.getByLabel('Text', { exact: true })
  let typed = ''
  for (let count = 0; await go(count); count++) {
    await text.focus()
    const word = `word ${count} `
    await page.keyboard.type(word, { delay: keyInterval })
    typed += word
    if (count % 3 !== 0) continue
    await search.focus()
    await page.keyboard.type('line', { delay: keyInterval })
    await search.fill('')
  }
  return typed
}

const quantile = (sorted: readonly number[], share: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
const summary = (sorted: readonly number[]) =>
  [0.5, 0.99, 1].map((share) => quantile(sorted, share).toFixed(1)).join(' / ')

test('5,000 files are imported while a user types, and the main thread is hardly later than at rest', async ({
  notes,
}, info) => {
  test.setTimeout(240_000)
  const folder = join(notes.folder, 'files')
  writeFiles(folder)
  const first = await notes.drive()
  const { app, page } = first
  // The folder chooser is the one dialog here that Playwright cannot press. What it returns is real.
  await app.evaluate(({ dialog }, chosen) => {
    dialog.showOpenDialog = async () => ({ canceled: false, filePaths: [chosen] })
  }, folder)
  await startNote(page, 'Typed meanwhile')
  await page.getByLabel('Text', { exact: true }).click()

  await watchMainThread(app)
  const before = await typeOn(first, async (count) => count < idleWords)
  const idle = await takeDelays(app)

  const done = page
    .getByText(`${fileCount.toLocaleString('en')} notes added`)
    .or(page.getByText(`${fileCount} notes added`))
  await page.getByRole('button', { name: 'Import folder', exact: true }).click()
  const meanwhile = await typeOn(first, async () => !(await done.isVisible()))
  const importing = await takeDelays(app)

  console.log(
    `main-thread delay, p50 / p99 / max ms: at rest ${summary(idle)}; importing ${summary(importing)}`,
  )
  info.annotations.push(
    { type: 'main-thread delay at rest, p50 / p99 / max ms', description: summary(idle) },
    { type: 'main-thread delay while importing', description: summary(importing) },
  )
  const atRest = Math.max(quantile(idle, 0.99), timerResolution)
  expect(quantile(importing, 0.99) / atRest).toBeLessThan(longestDelay)
  await expect(page.getByLabel('Text', { exact: true })).toHaveText(before + meanwhile)
  expect(meanwhile.length).toBeGreaterThan(20)

  await app.close()
  const second = await notes.drive()
  await second.page.getByLabel('Search notes').first().fill('"Typed meanwhile"')
  // By its words: until the search has its answer, another note is the first one in the list.
  await second.page
    .getByRole('listbox', { name: 'Notes' })
    .getByRole('option')
    .filter({ hasText: 'Typed meanwhile' })
    .first()
    .click()
  await expect(second.page.getByLabel('Text', { exact: true })).toHaveText(before + meanwhile)
})
