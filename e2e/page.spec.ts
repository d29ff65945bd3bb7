// The page of Notes: what it can load, its editor, its window.
import { expect } from 'playwright/test'
import { test } from './support/notes.ts'

test('the page is loaded from its own scheme, which has its files and no others', async ({ notes }) => {
  const { app, page } = await notes.drive()
  expect(page.url()).toBe('app://notes/index.html')
  const fetchedByPage = (address: string) =>
    page.evaluate((url) => fetch(url).then((answer) => answer.text(), String), address)
  const addresses = [
    'file:///etc/passwd',
    'app://notes/..%2f..%2f..%2f..%2fetc/passwd',
    'app://notes/index.html',
  ]
  for (const address of addresses) expect(await fetchedByPage(address)).toBe('TypeError: Failed to fetch')

  // The main process has no content policy in its way.
  const statusOf = (address: string) =>
    app.evaluate(async ({ net }, url) => (await net.fetch(url)).status, address)
  expect(await statusOf('app://notes/index.html')).toBe(200)
  for (const refused of ['..%2fmain%2findex.js', '..%2fpackage.json', 'none.js', '%ff.js'])
    expect(await statusOf(`app://notes/${refused}`), refused).toBe(404)
  expect(await statusOf('app://elsewhere/index.html')).toBe(404)

  const policies = await app.evaluate(async ({ net }) => {
    const policy = async () =>
      (await net.fetch('app://notes/index.html')).headers.get('content-security-policy')
    return [await policy(), await policy()]
  })
  expect(policies[0]).toContain("default-src 'none'")
  expect(policies[0]).not.toContain('unsafe')
  expect(policies[0]).not.toBe(policies[1])
})
