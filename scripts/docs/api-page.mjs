// @ts-check
/** @typedef {import('./public-symbols.mjs').PublicSymbol} PublicSymbol */

/**
 * The reference page: what each entry point exports, in the words of its docstrings.
 * @param {{ title: string, about: string, symbols: PublicSymbol[] }[]} entries
 */
export function apiPage(entries) {
  const head = [
    '# API reference',
    '',
    'Made from the docstrings in the source by `npm run docs`; a test fails when this page is not what it makes.',
  ]
  /** @type {Map<string, string>} */
  const described = new Map()
  for (const { title, about, symbols } of entries) {
    head.push('', `## ${title}`, '', about)
    const again = symbols.filter(({ name }) => described.has(name))
    for (const symbol of symbols) {
      if (described.has(symbol.name)) continue
      described.set(symbol.name, title)
      head.push('', ...section(symbol))
    }
    if (again.length > 0) {
      head.push(
        '',
        `And, as above: ${again.map(({ name }) => `[\`${name}\`](#${name.toLowerCase()})`).join(', ')}.`,
      )
    }
  }
  return `${head.join('\n')}\n`
}

/**
 * @param {PublicSymbol} symbol
 * @returns {string[]}
 */
function section({ name, signature, doc, members }) {
  const lines = [`### ${name}`, '', '```ts', signature, '```', '', ...markdown(doc)]
  const described = members.filter((member) => member.doc !== '')
  if (described.length === 0) return lines
  lines.push('', '| | |', '|---|---|')
  for (const member of described) lines.push(`| ${code(member.signature)} | ${cell(member.doc)} |`)
  return lines
}

/** @param {string} signature */
function code(signature) {
  const text = signature.replace(/^readonly /, '').replace(/\s+/g, ' ')
  const fence = text.includes('`') ? '``' : '`'
  return `${fence}${text.replaceAll('|', '\\|')}${fence}`
}

/** @param {string} doc */
const cell = (doc) => markdown(doc).filter(Boolean).join(' ').replaceAll('|', '\\|')

/**
 * A docstring as Markdown: its tags become a list.
 * @param {string} doc
 * @returns {string[]}
 */
function markdown(doc) {
  const [text = '', ...tags] = doc.split(/^(?=@\w+)/m)
  const lines = paragraph(text)
  const listed = tags.filter((tag) => !tag.startsWith('@example'))
  if (listed.length > 0) lines.push('', ...listed.map((tag) => `- ${tagWords(tag)}`))
  for (const tag of tags.filter((tag) => tag.startsWith('@example'))) {
    lines.push('', ...paragraph(tag.replace(/^@example\s*/, '')))
  }
  return lines
}

/** @param {string} text */
const paragraph = (text) => withoutLinks(text).trim().split('\n')

/** @param {string} text */
const withoutLinks = (text) => text.replace(/\{@link ([^}]+)\}/g, '`$1`')

/** @param {string} tag */
function tagWords(tag) {
  const words = withoutLinks(tag).trim().replace(/\s+/g, ' ')
  return words
    .replace(
      /^@throws ((?:\{\w+\} ?)+)/,
      (_all, types) => `throws ${types.trim().replace(/\{(\w+)\}/g, '`$1`')} `,
    )
    .replace(/^@param (\w+)/, '`$1`:')
    .replace(/^@typeParam (\w+)/, '`$1`:')
    .replace(/^@(\w+)/, '$1')
    .trim()
}
