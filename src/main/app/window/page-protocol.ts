import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { protocol } from 'electron'
import { pageFile } from './page-file.ts'

const scheme = 'app'
const folder = join(import.meta.dirname, '../renderer')

/** The origin of the page. Unlike `file://`, it contains the files of the page and no others. */
export const protocolOrigin = `${scheme}://notes`

/** Gives the scheme of the page an origin and relative addresses, as https has. Call it before Electron is ready. */
export function registerPageScheme(): void {
  const privileges = { standard: true, secure: true, codeCache: true }
  protocol.registerSchemesAsPrivileged([{ scheme, privileges }])
}

/** Serves the files of the page. Call it once, when Electron is ready. */
export function servePage(): void {
  protocol.handle(scheme, async ({ url }) => {
    const file = url.startsWith(`${protocolOrigin}/`) ? pageFile(folder, url) : undefined
    const bytes = file && (await readFile(file.path).catch(() => undefined))
    if (!file || !bytes) return new Response('Not found', { status: 404 })
    const headers = { 'content-type': file.type, 'x-content-type-options': 'nosniff' }
    if (!file.path.endsWith('.html')) return new Response(bytes, { headers })
    // CodeMirror adds its styles in an element. The element needs the nonce that Vite has a placeholder for.
    const nonce = randomBytes(16).toString('base64')
    return new Response(bytes.toString().replaceAll('PAGE_NONCE', nonce), {
      headers: { ...headers, 'content-security-policy': contentPolicy(nonce) },
    })
  })
}

function contentPolicy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}
