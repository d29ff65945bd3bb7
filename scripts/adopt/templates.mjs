// @ts-check
import { electronVite } from './electron-vite.mjs'
import { forge } from './forge.mjs'

/** @typedef {{ distDir: string, version: string, electronPath: string, env: Record<string, string> }} Runtime */

/**
 * A stock app, and how it is packaged.
 * @typedef {object} Template
 * @property {string} spec the package that makes it, for messages
 * @property {(project: string, runtime: Runtime) => Promise<void>} make makes the app in a folder that does not exist yet
 * @property {(project: string, name: string, runtime: Runtime) => Promise<string>} package builds and packages the app
 * under a name, since each app has a profile of its own. Returns the packaged app's executable
 */

/** @typedef {keyof typeof templates} TemplateName */

export const templates = {
  'vanilla-ts': electronVite('vanilla-ts'),
  'vue-ts': electronVite('vue-ts'),
  'forge-vite-typescript': forge('vite-typescript'),
  'forge-webpack-typescript': forge('webpack-typescript'),
}
