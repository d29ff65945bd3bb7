import { ipcRenderer } from 'electron'
import { operationChannel, type Remote } from '../shared/operations.ts'

/**
 * Returns the page's side of `serveOperations`: one function for each operation. The function runs the operation in the
 * main process.
 *
 * @param prefix the start of the channels' names, the same as in the main process.
 * @param names the names of the operations. The type requires all of them, so that none is missing.
 *
 * @example
 * ```ts
 * import { contextBridge } from 'electron'
 * import { operationsBridge } from 'electron-datadir/preload'
 *
 * const operations = operationsBridge<NotesOperations>('notes', { list: true, save: true })
 * contextBridge.exposeInMainWorld('notes', operations)
 * ```
 */
export function operationsBridge<Operations>(
  prefix: string,
  names: { readonly [Name in keyof Operations]: true },
): Remote<Operations> {
  const bridge = Object.keys(names).map((name) => {
    const channel = operationChannel(prefix, name)
    return [name, (...args: unknown[]) => ipcRenderer.invoke(channel, ...args)]
  })
  return Object.fromEntries(bridge) as Remote<Operations>
}
