// Loaded into Notes with -r before its own code: writes down what each message box would say and presses a button.
// The real boxes and the real button have tests of their own: e2e/real-button.spec.ts.
const { appendFileSync } = require('node:fs')
const { dialog } = require('electron')

const { DIALOG_LOG = '', DIALOG_PRESS = '' } = process.env

dialog.showMessageBox = (/** @type {any} */ options) => {
  appendFileSync(DIALOG_LOG, `${JSON.stringify(options)}\n`)
  const response = options.buttons.indexOf(DIALOG_PRESS)
  return response < 0 ? new Promise(() => undefined) : Promise.resolve({ response, checkboxChecked: false })
}
