// @ts-check
import { dirname, resolve } from 'node:path'
import { parse } from './parse.mjs'

/**
 * Something the package exports, as its source has it.
 * @typedef {object} PublicSymbol
 * @property {string} name
 * @property {string} file absolute path of the declaration
 * @property {'function' | 'class' | 'interface' | 'type' | 'const'} kind
 * @property {string} signature without a body
 * @property {string} doc the docstring, without its stars; empty where there is none
 * @property {Member[]} members of a class or an interface: what is public, also what comes from a base that is not
 * exported
 * @property {Base[]} bases of an interface: those that are exported
 */

/**
 * @typedef {object} Member
 * @property {string} name
 * @property {string} signature
 * @property {string} doc
 * @property {string | undefined} initial what the source sets it to
 */

/**
 * @typedef {object} Base
 * @property {PublicSymbol} symbol
 * @property {string[]} without the members that are left out
 */

/** @typedef {import('./parse.mjs').Node} Node */

/**
 * Everything an entry point exports, in its order.
 * @param {string} entry path of a module
 * @returns {PublicSymbol[]}
 */
export function publicSymbols(entry) {
  const symbols = exportedFrom(entry)
  const exported = new Set(symbols.map(keyOf))
  return symbols.map((symbol) => ({
    ...symbol,
    members: [...symbol.members, ...unseenMembers(symbol, exported)],
    bases: symbol.bases.filter((/** @type {Base} */ base) => exported.has(keyOf(base.symbol))),
  }))
}

/**
 * @param {string} entry
 * @returns {PublicSymbol[]}
 */
function exportedFrom(entry) {
  const exported = parse(entry).program.body.filter(({ type }) => type.startsWith('Export'))
  return exported.flatMap(({ type, source, specifiers, declaration }) => {
    if (!source) return [symbolIn(entry, nameOf(declaration))]
    const file = resolve(dirname(entry), source.value)
    if (type === 'ExportAllDeclaration') return exportedFrom(file)
    return specifiers.map((/** @type {Node} */ { local }) => symbolIn(file, local.name))
  })
}

/**
 * What tells a symbol from others of its name.
 * @param {PublicSymbol} symbol
 */
export const keyOf = ({ file, name }) => `${file} ${name}`

/**
 * What an interface has from bases that a reader cannot look up.
 * @param {PublicSymbol} symbol
 * @param {Set<string>} exported
 * @returns {Member[]}
 */
function unseenMembers({ bases, members }, exported) {
  const own = members.map(({ name }) => name)
  return bases
    .filter(({ symbol }) => !exported.has(keyOf(symbol)))
    .flatMap(({ symbol, without }) => {
      const left = [...own, ...without]
      return [...symbol.members, ...unseenMembers(symbol, exported)].filter(
        ({ name }) => !left.includes(name),
      )
    })
}

/** @type {Record<string, PublicSymbol['kind']>} */
const kinds = {
  FunctionDeclaration: 'function',
  ClassDeclaration: 'class',
  TSInterfaceDeclaration: 'interface',
  TSTypeAliasDeclaration: 'type',
  VariableDeclaration: 'const',
}

/**
 * @param {string} file
 * @param {string} name
 * @returns {PublicSymbol}
 */
function symbolIn(file, name) {
  const { program } = parse(file)
  for (const node of program.body) {
    if (node.type !== 'ExportNamedDeclaration') continue
    const { declaration, source, specifiers } = node
    if (source && specifiers.some((/** @type {Node} */ { exported }) => exported.name === name)) {
      return symbolIn(resolve(dirname(file), source.value), name)
    }
    if (!declaration || nameOf(declaration) !== name) continue
    return {
      name,
      file,
      kind: kinds[declaration.type] ?? 'const',
      signature: signatureOf(file, declaration),
      doc: docBefore(file, node.start),
      members: membersOf(file, declaration),
      bases: basesOf(file, declaration),
    }
  }
  throw new Error(`${file} does not declare ${name}`)
}

/** @param {Node} declaration */
const nameOf = (declaration) => declaration.id?.name ?? declaration.declarations?.[0]?.id.name

/**
 * @param {string} file
 * @param {Node} declaration
 */
function signatureOf(file, { start, end, body, type, declarations }) {
  const { text } = parse(file)
  const initial = declarations?.[0]?.init
  const stop = type === 'TSTypeAliasDeclaration' ? end : (initial?.start ?? body?.start ?? end)
  return text
    .slice(start, stop)
    .replace(/\s*=\s*$/, '')
    .trim()
}

/**
 * @param {string} file
 * @param {Node} declaration
 * @returns {Member[]}
 */
function membersOf(file, { type, body }) {
  if (type !== 'ClassDeclaration' && type !== 'TSInterfaceDeclaration') return []
  const { text } = parse(file)
  return body.body.filter(isPublic).map((/** @type {Node} */ member) => {
    const stop = member.value?.body?.start ?? member.value?.start ?? member.end
    const isMethod = member.type === 'MethodDefinition'
    return {
      name: text.slice(member.key.start, member.key.end),
      signature: text
        .slice(member.start, isMethod ? stop : (member.value?.start ?? member.end))
        .replace(/\s*=\s*$/, '')
        .trim(),
      doc: docBefore(file, member.start),
      initial: isMethod ? undefined : member.value?.value,
    }
  })
}

/**
 * @param {string} file
 * @param {Node} declaration
 * @returns {Base[]}
 */
function basesOf(file, declaration) {
  if (declaration.type !== 'TSInterfaceDeclaration') return []
  return declaration.extends.flatMap((/** @type {Node} */ { expression, typeArguments }) => {
    const [base, left] = typeArguments?.params ?? []
    const isOmit = expression.name === 'Omit'
    const symbol = importedSymbol(file, isOmit ? base.typeName.name : expression.name)
    if (!symbol) return []
    const literals = isOmit ? (left.types ?? [left]) : []
    return { symbol, without: literals.map((/** @type {Node} */ { literal }) => literal.value) }
  })
}

/**
 * What a name means that a file declares itself or imports from another file of the package.
 * @param {string} file
 * @param {string} name
 */
function importedSymbol(file, name) {
  for (const { type, source, specifiers, declaration } of parse(file).program.body) {
    if (declaration && nameOf(declaration) === name) return symbolIn(file, name)
    const isImported =
      type === 'ImportDeclaration' && specifiers.some((/** @type {Node} */ { local }) => local.name === name)
    if (isImported && source.value.startsWith('.'))
      return symbolIn(resolve(dirname(file), source.value), name)
  }
  return undefined
}

/** @param {Node} member */
function isPublic({ type, key, kind, accessibility, value, static: isStatic }) {
  if (!key || kind === 'constructor' || kind === 'set' || accessibility === 'private') return false
  if (key.type === 'PrivateIdentifier' || (type === 'MethodDefinition' && isStatic)) return false
  return value?.type !== 'ArrowFunctionExpression'
}

/**
 * The docstring that ends where a declaration begins.
 * @param {string} file
 * @param {number} start
 */
function docBefore(file, start) {
  const { text, comments } = parse(file)
  const comment = comments.findLast(({ end }) => end <= start)
  if (!comment?.value.startsWith('*') || text.slice(comment.end, start).trim() !== '') return ''
  return comment.value
    .replace(/^\*/, '')
    .split('\n')
    .map((/** @type {string} */ line) => line.replace(/^\s*\*? ?/, ''))
    .join('\n')
    .trim()
}
