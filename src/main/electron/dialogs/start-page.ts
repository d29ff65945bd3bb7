import type { StartWords } from './start-words.ts'

/** The start window's page as a URL of its own: a file would be one more that a bundler could leave out. */
export function startPage(product: string, words: StartWords): string {
  return `data:text/html;charset=utf-8,${encodeURIComponent(pageOf(product, words))}`
}

function pageOf(product: string, { language, opening }: StartWords): string {
  return `<!doctype html>
<html lang="${language}">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${escaped(product)}</title>
<style>
:root { color-scheme: light dark }
body { margin: 0; height: 100vh; display: grid; align-content: center; gap: 10px; padding: 0 28px;
  box-sizing: border-box; font: menu; font-family: system-ui, sans-serif; cursor: default; user-select: none;
  background: Canvas; color: CanvasText }
h1 { margin: 0; font-size: 1.15em; font-weight: 600 }
p { margin: 0; min-height: 1.3em }
progress { width: 100%; height: 8px; accent-color: Highlight }
</style>
<h1 dir="auto">${escaped(product)}</h1>
<p id="text" role="status">${escaped(opening)}</p>
<progress aria-labelledby="text"></progress>
<script>
function show({ text, done, total }) {
  document.getElementById('text').textContent = text
  const bar = document.querySelector('progress')
  if (total > 0) { bar.max = total; bar.value = done } else bar.removeAttribute('value')
}
</script>
</html>`
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}
