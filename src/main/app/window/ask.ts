import { app, BrowserWindow, dialog, type MessageBoxOptions } from 'electron'

/**
 * Asks the user in a native dialog. Enter presses the first button, and Esc the last one.
 *
 * @returns the index of the button that was pressed.
 */
export async function ask(
  question: Pick<MessageBoxOptions, 'type' | 'message' | 'detail'> & { readonly buttons: string[] },
): Promise<number> {
  const options = {
    ...question,
    title: app.getName(),
    defaultId: 0,
    cancelId: question.buttons.length - 1,
    noLink: true,
  }
  // The window is the parent, because a click on it would otherwise cover the dialog. On Wayland, a dialog of a hidden
  // window ends the process.
  const window = BrowserWindow.getAllWindows().find((each) => each.isVisible() && !each.isMinimized())
  const { response } = await (window
    ? dialog.showMessageBox(window, options)
    : dialog.showMessageBox(options))
  return response
}
