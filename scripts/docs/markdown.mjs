// @ts-check

/**
 * Code inside a line.
 * @param {string} text
 */
export function code(text) {
  return text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``
}

/**
 * A docstring as Markdown: its tags become a list, and the addresses in it links.
 * @param {string} doc
 * @returns {string[]}
 */
export function markdown(doc) {
  const [text = '', ...tags] = doc.split(/^(?=@\w+)/m)
  const lines = paragraph(text)
  const listed = tags.filter((tag) => !tag.startsWith('@example'))
  if (listed.length > 0) lines.push('', ...listed.map((tag) => `- ${tagWords(tag)}`))
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

/** @param {string} text */
const paragraph = (text) => withLinks(text).trim().split('\n')

/**
 * An address stands in the source without `https://`, to be read in an editor.
 * @param {string} text
 */
function withLinks(text) {
  return text
    .replace(/\{@link ([^}]+)\}/g, '`$1`')
    .replace(
      /(?<![\w/.])((?:(?:www\.)?(?:sqlite|electronjs|nodejs)\.org|pkg\.go\.dev)\/[^\s),:]*[^\s),:.;])/g,
      '[$1](https://$1)',
    )
}

/** @param {string} tag */
function tagWords(tag) {
  const words = withLinks(tag).trim().replace(/\s+/g, ' ')
  return words
    .replace(/^@throws ((?:\{\w+\} ?)+)/, (_all, types) => `throws ${namesIn(types)} `)
    .replace(/ (?=[;.:,])/, '')
    .replace(/^@param (\w+)/, '`$1`:')
    .replace(/^@typeParam (\w+)/, '`$1`:')
    .replace(/^@(\w+)/, '$1')
    .trim()
}

/** @param {string} types in braces each */
const namesIn = (types) =>
  types
    .match(/\w+/g)
    ?.map((name) => `\`${name}\``)
    .join(', ')
