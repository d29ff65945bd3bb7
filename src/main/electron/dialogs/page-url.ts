/**
 * Returns a page of the package as a `data:` URL, because a bundler could leave a file out. The page loads nothing.
 *
 * @param language a BCP 47 tag.
 * @param content HTML.
 */
export function pageUrl(language: string, title: string, content: string): string {
  const page = `<!doctype html>
<html lang="${escaped(language)}">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${escaped(title)}</title>
${content}
</html>`
  return `data:text/html;charset=utf-8,${encodeURIComponent(page)}`
}

/** Returns a text as it is written in HTML. */
export function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}
