import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { app } from 'electron'

const pageFile = join(import.meta.dirname, '../renderer/index.html')

// The environment must not make an installed app load another page.
const developmentUrl = app.isPackaged ? undefined : process.env.ELECTRON_RENDERER_URL

/** The address of the one page this app shows. */
export const pageUrl = developmentUrl ?? pathToFileURL(pageFile).href

/** True for a frame with the app's own page: not a frame inside it, and no other page. */
export function isOurPage(frame: Electron.WebFrameMain | null): boolean {
  if (frame === null || frame.parent !== null) return false
  const url = new URL(frame.url)
  if (developmentUrl) return url.origin === new URL(developmentUrl).origin
  return url.protocol === 'file:' && fileURLToPath(url) === pageFile
}
