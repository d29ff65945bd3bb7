// @ts-check
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parseSync } from 'rolldown/utils'

/**
 * Something the package exports, as its source has it.
 * @typedef {object} PublicSymbol
 * @property {string} name
 * @property {string} file absolute path of the declaration
 * @property {'function' | 'class' | 'interface' | 'type' | 'const'} kind
 * @property {string} signature without a body
 * @property {string} doc the docstring, without its stars; empty where there is none
 * @property {Member[]} members of a class or an interface: what is public
 */

/**
 * @typedef {object} Member
 * @property {string} name
 * @property {string} signature
 * @property {string} doc
 */

/** @typedef {{ type: string, start: number, end: number, [key: string]: any }} Node */

/**
 * Everything an entry point exports by name, in its order.
 * @param {string} entry path of a module that only re-exports
 * @returns {PublicSymbol[]}
 */
export function publicSymbols(entry) {
  const { program } = parse(entry)
  return program.body
    .filter(({ type, source }) => type === 'ExportNamedDeclaration' && source)
    .flatMap(({ source, specifiers }) => {
      const file = resolve(dirname(entry), source.value)
      return specifiers.map((/** @type {Node} */ { local }) => symbolIn(file, local.name))
    })
}

/** @type {Map<string, { text: string, program: { body: Node[] }, comments: Node[] }>} */
const parsed = new Map()

/** @param {string} file */
function parse(file) {
  let result = parsed.get(file)
  if (!result) {
    const text = readFileSync(file, 'utf8')
    const { program, comments } = parseSync(file, text)
    result = { text, program: /** @type {any} */ (program), comments: /** @type {any} */ (comments) }
    parsed.set(file, result)
  }
  return result
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
    }
  })
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
