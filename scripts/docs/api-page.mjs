// @ts-check
import { isError, sorted } from './api-order.mjs'
import { code, markdown } from './markdown.mjs'
import { keyOf } from './public-symbols.mjs'

/** @typedef {import('./public-symbols.mjs').PublicSymbol} PublicSymbol */
/** @typedef {{ title: string, about: string, symbols: PublicSymbol[] }} Entry */

/**
 * The reference page: what each entry point exports, in the words of its docstrings.
 * @param {Entry[]} entries
 */
export function apiPage(entries) {
  const anchors = anchorsOf(entries)
  const lines = [
    '# API reference',
    '',
    'Made from the docstrings in the source by `npm run docs`; a test fails when this page is not what it makes.',
    'Errors by code, and what to do about each: [troubleshooting](troubleshooting.md).',
    '',
    ...entries.map(({ title, about }) => `- [${title}](#${anchorOf(title)}): ${about}`),
  ]
  const described = new Set()
  for (const { title, about, symbols } of entries) {
    const again = symbols.filter((symbol) => described.has(keyOf(symbol)))
    const fresh = symbols.filter((symbol) => !described.has(keyOf(symbol)))
    lines.push('', `## ${title}`, '', about)
    for (const [heading, group] of sorted(fresh)) {
      lines.push('', `### ${heading}`, '', contents(group, anchors))
      for (const symbol of group) lines.push('', ...section(symbol, anchors))
    }
    for (const symbol of fresh) described.add(keyOf(symbol))
    if (again.length > 0) lines.push('', `As above: ${contents(again, anchors)}`)
  }
  return `${lines.join('\n')}\n`
}

/** @param {string} heading as GitHub makes an anchor of it */
const anchorOf = (heading) =>
  heading
    .toLowerCase()
    .replace(/[^\w -]/g, '')
    .replaceAll(' ', '-')

/**
 * Where each symbol is described. GitHub numbers headings that are alike.
 * @param {Entry[]} entries
 */
function anchorsOf(entries) {
  /** @type {Map<string, string>} */
  const anchors = new Map()
  /** @type {Map<string, number>} */
  const seen = new Map()
  for (const { symbols } of entries) {
    // In the order of the page: the first of a name keeps it for its anchor.
    for (const symbol of sorted(symbols).flatMap(([, group]) => group)) {
      if (anchors.has(keyOf(symbol))) continue
      const anchor = anchorOf(symbol.name)
      const count = seen.get(anchor) ?? 0
      seen.set(anchor, count + 1)
      anchors.set(keyOf(symbol), count === 0 ? anchor : `${anchor}-${count}`)
    }
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
