// @ts-check

/**
 * Code inside a line.
 * @param {string} text
 */
export function code(text) {
  return text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``
}

/**
 * @callback LinkTo
 * @param {string} name of a symbol
 * @returns {string} Markdown that leads to its description; the bare name where there is none
 */

/**
 * A docstring as Markdown: its tags become a list, and the addresses in it links.
 * @param {string} doc
 * @param {LinkTo} linkTo
 * @returns {string[]}
 */
export function markdown(doc, linkTo) {
  const [text = '', ...tags] = doc.split(/^(?=@\w+)/m)
  const lines = withLinks(text, linkTo).trim().split('\n')
  const listed = tags.filter((tag) => !tag.startsWith('@example'))
  if (listed.length > 0) lines.push('', ...listed.map((tag) => `- ${tagWords(tag, linkTo)}`))
  for (const tag of tags.filter((tag) => tag.startsWith('@example'))) {
    lines.push(
      '',
      ...tag
        .replace(/^@example\s*/, '')
        .trim()
        .split('\n'),
    )
  }
  return lines
}

/**
 * An address stands in the source without `https://`, to be read in an editor.
 * @param {string} text
 * @param {LinkTo} linkTo
 */
function withLinks(text, linkTo) {
  return text
    .replace(/\{@link ([^}]+)\}/g, (_all, name) => linkTo(name))
    .replace(
      /(?<![\w/.])((?:(?:www\.)?(?:sqlite|electronjs|nodejs)\.org|pkg\.go\.dev)\/[^\s),:]*[^\s),:.;])/g,
      '[$1](https://$1)',
    )
}

/**
 * @param {string} tag
 * @param {LinkTo} linkTo
 */
function tagWords(tag, linkTo) {
  const words = withLinks(tag, linkTo).trim().replace(/\s+/g, ' ')
  return words
    .replace(/^@throws ((?:\{\w+\} ?)+)/, (_all, types) => `throws ${namesIn(types, linkTo)} `)
    .replace(/ (?=[;.:,])/, '')
    .replace(/^@param (\w+)/, '`$1`:')
    .replace(/^@typeParam (\w+)/, '`$1`:')
    .replace(/^@(\w+)/, '$1')
    .trim()
}

/**
 * @param {string} types in braces each
 * @param {LinkTo} linkTo
 */
const namesIn = (types, linkTo) => types.match(/\w+/g)?.map(linkTo).join(', ')
