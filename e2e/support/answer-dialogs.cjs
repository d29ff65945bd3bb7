// Loaded into an app with -r before its own code. Writes to a file what each message box says, and presses a button.
// With DIALOG_FOLDER that folder is chosen in every dialog for it. With DIALOG_REAL the real box appears, and a person, or xdotool, presses it.
const { appendFileSync } = require('node:fs')
const { dialog } = require('electron')

// Electron's own default app sets this before it loads anything. Without it, this file would count as one to open.
Object.defineProperty(process, 'defaultApp', { value: true })

const { DIALOG_LOG = '', DIALOG_PRESS = '', DIALOG_REAL, DIALOG_FOLDER } = process.env
if (DIALOG_FOLDER) dialog.showOpenDialog = async () => ({ canceled: false, filePaths: [DIALOG_FOLDER] })

const show = dialog.showMessageBox.bind(dialog)

dialog.showMessageBox = (/** @type {any[]} */ ...args) => {
  // After the window that the box belongs to, if there is one.
  const options = args.at(-1)
  // As a person reads them: without the marks of the access keys.
  const buttons = options.buttons.map((/** @type {string} */ label) => label.replaceAll(/&(&?)/g, '$1'))
  appendFileSync(DIALOG_LOG, `${JSON.stringify({ ...options, buttons })}\n`)
  if (DIALOG_REAL) return show(.../** @type {[any]} */ (args))
  const response = buttons.indexOf(DIALOG_PRESS)
  return new Promise((resolve) => {
    // As the real one does when it is closed from outside.
    const cancel = () => resolve({ response: options.cancelId ?? 0, checkboxChecked: false })
    if (response >= 0) resolve({ response, checkboxChecked: false })
    else options.signal?.addEventListener('abort', cancel)
  })
}
