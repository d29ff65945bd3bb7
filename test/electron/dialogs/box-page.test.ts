import { expect, it } from 'vitest'
import { boxPage, splitLabel, withoutEmbeddings } from '../../../src/main/electron/dialogs/box-page.ts'

it('a label is split at its access key, and && is one &', () => {
  expect(splitLabel('&Show R&&D')).toEqual({ before: '', key: 'S', after: 'how R&D' })
  expect(splitLabel('R&&D an&zeigen')).toEqual({ before: 'R&D an', key: 'z', after: 'eigen' })
  expect(splitLabel('Quit')).toEqual({ before: 'Quit', key: '', after: '' })
})

it('a title cannot add anything to the page', () => {
  const page = decodeURIComponent(boxPage('</title><script>alert(1)</script>', 'en"><p>'))
  expect(page).not.toContain('<script>alert')
  expect(page).not.toContain('<p>\n')
  expect(page).toContain('<html lang="en&#34;&#62;&#60;p&#62;">')
})

it('marks that reorder a sentence become question marks', () => {
  expect(withoutEmbeddings('a\u202eb\u2068c\u2069')).toBe('a?b\u2068c\u2069')
})
