import { ipcRenderer } from 'electron'
import { operationChannel, type Remote } from '../shared/operations.ts'

/**
 * The page's side of `serveOperations`: one function an operation, each of which asks the main process.
 *
 * @param prefix what the channels' names begin with; the same as in the main process.
 * @param names the operations. All the type has, so that none is forgotten.
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
