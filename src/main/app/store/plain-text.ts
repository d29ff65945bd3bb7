/** Returns Markdown as one line without its marks, for titles and excerpts. Link texts stay, images are left out. */
export function plainText(markdown: string): string {
  return (
    markdown
      .replaceAll(/<[/!]?[a-z-][^<>]*>/gi, '')
      .replaceAll(/^[ \t]*\[[^\]]+\]:.*$/gm, '')
      // The text of a link has no bracket, and its address a limit, so that a text with many brackets takes no longer.
      .replaceAll(/!\[[^[\]]*\](?:\([^)]{0,2000}\)|\[[^[\]]*\])/g, '')
      .replaceAll(/\[([^[\]]*)\](?:\([^)]{0,2000}\)|\[[^[\]]*\])/g, '$1')
      .replaceAll(/^[ \t]*(?:#{1,6}|>|[-*+])[ \t]+/gm, '')
      .replaceAll(/^[ \t]*(?:={3,}|-{3,}|\*{3,}|`{3,}\w*)[ \t]*$/gm, '')
      .replaceAll(/\*+|`/g, '')
      .replaceAll(/\s+/g, ' ')
      .trim()
  )
}
