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
  const window = visibleWindow()
  const { response } = await (window
    ? dialog.showMessageBox(window, options)
    : dialog.showMessageBox(options))
  return response
}

/**
 * The parent of a dialog, because a click on the window would otherwise cover the dialog. On Wayland, a dialog of a hidden
 * window ends the process.
 */
export function visibleWindow(): BrowserWindow | undefined {
  return BrowserWindow.getAllWindows().find((each) => each.isVisible() && !each.isMinimized())
}
