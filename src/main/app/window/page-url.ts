import { app } from 'electron'
import { protocolOrigin } from './page-protocol.ts'

// The environment must not make an installed app load another page.
const developmentUrl = app.isPackaged ? undefined : process.env.ELECTRON_RENDERER_URL
const pageOrigin = developmentUrl ? new URL(developmentUrl).origin : protocolOrigin

/** The address of the one page this app shows. */
export const pageUrl = developmentUrl ?? `${protocolOrigin}/index.html`

/** True for a frame with the app's own page: not a frame inside it, and no other page. */
export function isOurPage(frame: Electron.WebFrameMain | null): boolean {
  return frame !== null && frame.parent === null && frame.origin === pageOrigin
}
