// @ts-check
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../setup/places.mjs'

/**
 * Finds links in the packed files that lead nowhere. npm's page resolves the relative links of the README against the
 * repository. Nothing resolves those of any other file.
 * @param {string} unpacked
 * @returns {string[]}
 */
export function deadLinks(unpacked) {
  const { repository } = JSON.parse(readFileSync(join(unpacked, 'package.json'), 'utf8'))
  const page = `${repository?.url}`.replace(/^git\+|\.git$/g, '')
  if (!page.startsWith('https://')) return ['package.json has no repository']
  const files = readdirSync(unpacked, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /\.(md|json|[cm]?[jt]s)$/.test(file),
  )
  return files.flatMap((file) => {
    const text = readFileSync(join(unpacked, file), 'utf8')
    const inRepository = [...text.matchAll(new RegExp(`${page}/(?:blob|tree)/main/([\\w./#-]+)`, 'g'))]
    const markdown =
      file.endsWith('.md') || file.endsWith('.d.ts') ? text.matchAll(/\]\((?!\w+:)([^)\s]+)\)/g) : []
    const dead = [
      ...inRepository.map(([, path = '']) => path).filter((path) => !isInRepository(path)),
      ...[...markdown]
        .map(([, link = '']) => link)
        .filter((link) => file !== 'README.md' || !isInRepository(link)),
      ...(file.endsWith('.d.ts') ? unknownSymbols(text) : []),
    ]
    return dead.map((link) => `${file}: ${link}`)
  })
}

/**
 * `test/docs/links.test.ts` checks the README itself, so this needs no more than the file, and the heading of a page.
 * @param {string} link
 */
function isInRepository(link) {
  const [path = '', anchor] = link.split('#')
  const file = join(root, path || 'README.md')
  if (!existsSync(file)) return false
  if (anchor === undefined) return true
  const headings = readFileSync(file, 'utf8').match(/^#+ .+$/gm) ?? []
  return headings.some((heading) => anchorOf(heading) === anchor)
}

/** @param {string} heading */
const anchorOf = (heading) =>
  heading
    .replace(/^#+ /, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_ -]/gu, '')
    .replaceAll(' ', '-')

/**
 * Returns what `{@link …}` names but the file neither declares nor imports: an editor shows it without a link.
 * @param {string} declarations
 */
function unknownSymbols(declarations) {
  const code = declarations.replaceAll(/\/\*\*.*?\*\//gs, '')
  const linked = [...declarations.matchAll(/\{@link ([\w.]+)/g)].map(([, symbol = '']) => symbol)
  return linked.filter((symbol) => !new RegExp(`\\b${symbol.split('.').at(-1)}\\b`).test(code))
}
