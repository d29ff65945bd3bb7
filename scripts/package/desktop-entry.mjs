// @ts-check
// https://specifications.freedesktop.org/desktop-entry-spec/latest/
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const fileName = 'notes.desktop'
const markdown = 'text/markdown'

/**
 * What tells a desktop that the app unpacked in `folder` is there, and opens Markdown files.
 * @param {string} folder
 * @param {string[]} [switches] switches that the app needs here
 */
function desktopEntry(folder, switches = []) {
  const command = [join(folder, 'notes'), ...switches].map(quoted).join(' ')
  return `[Desktop Entry]
Type=Application
Name=Notes
Comment=Write notes
Exec=${command} %F
Icon=${join(folder, 'notes.png')}
Terminal=false
Categories=Office;
MimeType=${markdown};
StartupNotify=true
StartupWMClass=Notes
`
}

/**
 * Beside the app itself, for the user to copy: it names the folder where the app was packaged.
 * @param {string} folder
 */
export function writeDesktopEntry(folder) {
  writeFileSync(join(folder, fileName), desktopEntry(folder), { mode: 0o755 })
}

/**
 * Installs it for one user, as the app that Markdown files open with.
 * @param {string} folder
 * @param {string} dataHome the user's $XDG_DATA_HOME, with no other choice of apps in it
 * @param {string[]} [switches]
 * @returns {string} the installed file
 */
export function installDesktopEntry(folder, dataHome, switches) {
  const applications = join(dataHome, 'applications')
  mkdirSync(applications, { recursive: true })
  writeFileSync(join(applications, 'mimeapps.list'), `[Default Applications]\n${markdown}=${fileName}\n`)
  const file = join(applications, fileName)
  writeFileSync(file, desktopEntry(folder, switches))
  return file
}

/**
 * Quoted for Exec, then escaped as every string in such a file is.
 * @param {string} argument
 */
const quoted = (argument) =>
  `"${argument.replaceAll(/["`$\\]/g, '\\$&')}"`.replaceAll('\\', '\\\\').replaceAll('%', '%%')
