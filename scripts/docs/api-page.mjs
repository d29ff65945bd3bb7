// @ts-check
import { grouped, isError } from './api-order.mjs'
import { code, markdown } from './markdown.mjs'
import { keyOf } from './public-symbols.mjs'

/** @typedef {import('./public-symbols.mjs').PublicSymbol} PublicSymbol */
/** @typedef {{ title: string, about: string, symbols: PublicSymbol[] }} Entry */
/** @typedef {[heading: string, symbols: PublicSymbol[]]} Group a heading may be empty */
/** @typedef {{ title: string, about: string, groups: Group[] }} Section */

/**
 * The reference page: what each entry point exports, in the words of its docstrings.
 * @param {Entry[]} entries
 */
export function apiPage(entries) {
  const sections = sectionsOf(entries)
  const anchors = anchorsOf(sections.flatMap(({ groups }) => groups.flatMap(([, symbols]) => symbols)))
  const lines = [
    '# API reference',
    '',
    '`npm run docs` makes this page from the docstrings in the source. A test fails if the page is out of date.',
    'What to do about each error code: [troubleshooting](troubleshooting.md).',
    '',
    ...sections.map(({ title, about }) => `- [${title}](#${anchorOf(title)}): ${about}`),
  ]
  for (const { title, about, groups } of sections) {
    lines.push('', `## ${title}`, '', about)
    for (const [heading, symbols] of groups.filter(([, { length }]) => length > 0)) {
      lines.push(...(heading === '' ? [] : ['', `### ${heading}`]), '', contents(symbols, anchors))
      for (const symbol of symbols) lines.push('', ...section(symbol, anchors))
    }
  }
  return `${lines.join('\n')}\n`
}

/**
 * A section for each entry point, with what the ones before it do not export. Then the errors and the remaining types of
 * all of them.
 * @param {Entry[]} entries
 * @returns {Section[]}
 */
function sectionsOf(entries) {
  const described = new Set()
  const parts = entries.map(({ symbols, ...entry }) => {
    const fresh = symbols.filter((symbol) => !described.has(keyOf(symbol)))
    for (const symbol of fresh) described.add(keyOf(symbol))
    return { ...entry, ...grouped(fresh) }
  })
  const ofEntries = parts.map(({ title, about, functions, written }) => {
    /** @type {Group[]} */
    const groups = [
      ['Functions', functions],
      ['Types that an app writes', written],
    ]
    return { title, about, groups }
  })
  return [
    ...ofEntries,
    {
      title: 'Errors',
      about: 'Each entry point exports the errors that its functions throw.',
      groups: [['', parts.flatMap(({ errors }) => errors)]],
    },
    {
      title: 'Other types',
      about: 'What the types above consist of.',
      groups: [['', parts.flatMap(({ others }) => others)]],
    },
  ]
}

/** @param {string} heading as GitHub makes an anchor of it */
const anchorOf = (heading) =>
  heading
    .toLowerCase()
    .replace(/[^\w -]/g, '')
    .replaceAll(' ', '-')

/**
 * Where each symbol is described. GitHub numbers headings that are alike, in the order of the page.
 * @param {PublicSymbol[]} symbols
 */
function anchorsOf(symbols) {
  /** @type {Map<string, string>} */
  const anchors = new Map()
  /** @type {Map<string, number>} */
  const seen = new Map()
  for (const symbol of symbols) {
    const anchor = anchorOf(symbol.name)
    const count = seen.get(anchor) ?? 0
    seen.set(anchor, count + 1)
    anchors.set(keyOf(symbol), count === 0 ? anchor : `${anchor}-${count}`)
  }
  return anchors
}

/**
 * @param {PublicSymbol[]} symbols
 * @param {Map<string, string>} anchors
 */
const contents = (symbols, anchors) => `${symbols.map((symbol) => link(symbol, anchors)).join(' · ')}`

/**
 * @param {PublicSymbol} symbol
 * @param {Map<string, string>} anchors
 */
const link = (symbol, anchors) => `[\`${symbol.name}\`](#${anchors.get(keyOf(symbol))})`

/**
 * What a docstring calls by its name, which is the first of that name on the page.
 * @param {string} name
 * @param {Map<string, string>} anchors
 */
function linkByName(name, anchors) {
  const key = [...anchors.keys()].find((found) => found.endsWith(` ${name}`))
  return key ? `[\`${name}\`](#${anchors.get(key)})` : `\`${name}\``
}

/**
 * @param {PublicSymbol} symbol
 * @param {Map<string, string>} anchors
 * @returns {string[]}
 */
function section(symbol, anchors) {
  const { name, signature, doc, members, bases } = symbol
  const linkTo = (/** @type {string} */ wanted) =>
    wanted === name ? `\`${wanted}\`` : linkByName(wanted, anchors)
  const lines = [
    `#### ${name}`,
    '',
    '```ts',
    signature.replace(/^async /, ''),
    '```',
    '',
    ...markdown(doc, linkTo),
  ]
  const errorCode = members.find((member) => member.name === 'code')?.initial
  if (isError(symbol) && errorCode) {
    lines.push('', `\`code\`: [\`${errorCode}\`](troubleshooting.md#${errorCode.toLowerCase()})`)
  }
  const described = members.filter((member) => member.doc !== '')
  if (described.length > 0) lines.push('')
  for (const member of described) lines.push(...item(member, linkTo))
  if (bases.length > 0) lines.push('', `And all of ${namesOf(bases, anchors)}.`)
  return lines
}

/**
 * @param {import('./public-symbols.mjs').Base[]} bases
 * @param {Map<string, string>} anchors
 */
function namesOf(bases, anchors) {
  const names = bases.map(({ symbol, without }) =>
    [link(symbol, anchors), ...without.map((name) => `without ${code(name)}`)].join(' '),
  )
  return names.join(', ')
}

/**
 * A field or method as an item of a list.
 * @param {import('./public-symbols.mjs').Member} member
 * @param {import('./markdown.mjs').LinkTo} linkTo
 */
function item({ signature, doc }, linkTo) {
  const text = signature
    .replace(/^(abstract )?(readonly )?/, '')
    .replace(/^get (\w+)\(\)/, '$1')
    .replace(/\s+/g, ' ')
    .replace(/([(<]) | (?=[)>])/g, '$1')
    .replace(/,(?=[)>])/g, '')
  const [first = '', ...rest] = markdown(doc, linkTo)
  return [`- ${code(text)}:`, `  ${first}`, ...rest.map((line) => (line === '' ? '' : `  ${line}`))]
}
