import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const pages = [
  ...readdirSync(root).filter((file) => file.endsWith('.md')),
  ...readdirSync(resolve(root, 'docs'))
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
]

/** As GitHub makes anchors of headings; the second of a kind gets `-1`. */
function anchorsOf(path: string): string[] {
  const seen = new Map<string, number>()
  const headings = withoutCode(readFileSync(path, 'utf8')).matchAll(/^#+ (.+)$/gm)
  return [...headings].map(([, heading = '']) => {
    const anchor = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-')
    const count = seen.get(anchor) ?? 0
    seen.set(anchor, count + 1)
    return count === 0 ? anchor : `${anchor}-${count}`
  })
}

function withoutCode(text: string): string {
  return text.replace(/^( *)```.*?^\1```$/gms, '')
}

function isBroken(page: string, link: string): boolean {
  const [file = '', anchor] = link.split('#')
  const target = file === '' ? page : resolve(dirname(page), file)
  if (!existsSync(target)) return true
  return anchor !== undefined && target.endsWith('.md') && !anchorsOf(target).includes(anchor)
}

test.each(pages)('%s: every link has a target', (name) => {
  const page = resolve(root, name)
  const links = [...withoutCode(readFileSync(page, 'utf8')).matchAll(/\]\((?!\w+:)([^)\s]+)\)/g)]
  const broken = links.map(([, link = '']) => link).filter((link) => isBroken(page, link))
  expect(broken.map((link) => `${relative(root, page)}: ${link}`)).toEqual([])
})
