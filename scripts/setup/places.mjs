// @ts-check
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '..', '..')
/** The build of the example app. */
export const appFolder = join(root, 'out')
export const nodeModules = join(root, 'node_modules')

/** Files that belong to this clone's node_modules and are deleted with them. */
export const besidePackages = join(nodeModules, '.electron-datadir')

/** Files that are too large to make twice. They are kept for the user, even if this clone is deleted. */
export const userCache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'electron-datadir')

/** @param {string} name */
export const packageFolder = (name) => join(nodeModules, ...name.split('/'))
