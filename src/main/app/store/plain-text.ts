/** Returns Markdown as one line without its marks, for titles and excerpts. Link texts stay, images are left out. */
export function plainText(markdown: string): string {
  return (
    markdown
      .replaceAll(/<[/!]?[a-z-][^<>]*>/gi, '')
      .replaceAll(/^[ \t]*\[[^\]]+\]:.*$/gm, '')
      // None of these goes past the start of another link, so that they read a text with many brackets only once.
      .replaceAll(/!\[[^[\]]*\](?:\([^)[]*\)|\[[^[\]]*\])/g, '')
      .replaceAll(/\[([^[\]]*)\](?:\([^)[]*\)|\[[^[\]]*\])/g, '$1')
      .replaceAll(/^[ \t]*(?:#{1,6}|>|[-*+])[ \t]+/gm, '')
      .replaceAll(/^[ \t]*(?:={3,}|-{3,}|\*{3,}|`{3,}\w*)[ \t]*$/gm, '')
      .replaceAll(/\*+|`/g, '')
      .replaceAll(/\s+/g, ' ')
      .trim()
  )
}
