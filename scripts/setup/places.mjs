// @ts-check
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '..', '..')
/** The reference app as it was built. */
export const appFolder = join(root, 'out')
export const nodeModules = join(root, 'node_modules')

/** What belongs to this clone's node_modules and has to go when they go. */
export const besidePackages = join(nodeModules, '.electron-datadir')

/** What is too big to make twice: kept for the user, whatever becomes of this clone. */
export const userCache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'electron-datadir')

/** @param {string} name */
export const packageFolder = (name) => join(nodeModules, ...name.split('/'))
