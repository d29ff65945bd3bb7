import { extname, isAbsolute, join, relative } from 'node:path'

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
}

/** A file of the page. `type` is its media type. */
export interface PageFile {
  readonly path: string
  readonly type: string
}

/** Returns the file in `folder` that an address is for. Undefined if the path leads out of the folder, or to no such type. */
export function pageFile(folder: string, address: string): PageFile | undefined {
  const name = decoded(new URL(address).pathname)
  if (name === undefined) return undefined
  const path = join(folder, name)
  const type = types[extname(path)]
  // The URL parser resolves `..`, but not `..%2f`.
  const inFolder = relative(folder, path)
  if (type === undefined || inFolder.startsWith('..') || isAbsolute(inFolder)) return undefined
  return { path, type }
}

function decoded(pathname: string): string | undefined {
  try {
    return decodeURIComponent(pathname)
  } catch {
    return undefined
  }
}
