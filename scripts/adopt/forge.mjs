// @ts-check
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { npm, run } from '../setup/run.mjs'
import { editPackageJson } from './project.mjs'

// Forge 8 needs Node 22.
const version = '7.11.2'

// One of its dependencies is on GitHub. It compiles native modules, which this script does not let it do.
const overrides = { '@electron/node-gyp': 'npm:node-gyp@11.5.0' }

// What create-electron-app installs besides what the template names.
const makers = ['maker-deb', 'maker-rpm', 'maker-squirrel', 'maker-zip']
const ofEveryTemplate = ['cli', ...makers, 'plugin-auto-unpack-natives', 'plugin-fuses']

/**
 * @param {string} template
 * @returns {import('./templates.mjs').Template}
 */
export function forge(template) {
  const name = `@electron-forge/template-${template}`
  return {
    spec: `${name}@${version}`,
    async make(project, runtime) {
      const creator = `${project}-creator`
      mkdirSync(creator)
      writeFileSync(join(creator, 'package.json'), JSON.stringify({ private: true, overrides }))
      const install = ['install', '--ignore-scripts', '--no-audit', '--no-fund', `${name}@${version}`]
      await npm('npm-install', install, creator)
      mkdirSync(project)
      const { default: made } = createRequire(join(creator, 'package.json'))(name)
      for (const { task } of await made.initializeTemplate(project, {})) await task()
      editPackageJson(project, {
        // The set-up may have an older Electron than the package asks for.
        overrides: { ...overrides, 'electron-datadir': { electron: runtime.version } },
        dependencies: { 'electron-squirrel-startup': '^1.0.1' },
        devDependencies: {
          ...Object.fromEntries(ofEveryTemplate.map((part) => [`@electron-forge/${part}`, `^${version}`])),
          '@electron/fuses': '^1.8.0',
          // The one that it is packaged with.
          electron: runtime.version,
          ...Object.fromEntries(made.devDependencies.map(nameAndRange)),
        },
      })
    },
    async package(project, name, runtime) {
      editPackageJson(project, { name, productName: name })
      await useRuntime(project, runtime)
      const cli = join(project, 'node_modules', '@electron-forge', 'cli', 'dist', 'electron-forge.js')
      await run('electron-forge', process.execPath, [cli, 'package'], { cwd: project })
      return join(project, 'out', `${name}-${process.platform}-${process.arch}`, name)
    },
  }
}

/** @param {string} dependency such as `@scope/name@^1.0.0` */
function nameAndRange(dependency) {
  const at = dependency.lastIndexOf('@')
  return [dependency.slice(0, at), dependency.slice(at + 1)]
}

/**
 * Has Forge package the Electron of the set-up, with the native modules as they are.
 * @param {string} project
 * @param {import('./templates.mjs').Runtime} runtime
 */
async function useRuntime(project, runtime) {
  const electronZipDir = dirname(project)
  const zip = join(electronZipDir, `electron-v${runtime.version}-${process.platform}-${process.arch}.zip`)
  if (!existsSync(zip)) await zipFolder(runtime.distDir, zip)
  const config = join(project, 'forge.config.ts')
  const text = readFileSync(config, 'utf8')
  const here = `Object.assign(config.packagerConfig ?? {}, ${JSON.stringify({ electronZipDir })})
config.rebuildConfig = { onlyModules: [] }
`
  if (!text.includes(here)) writeFileSync(config, text.replace(/^export default /m, `${here}$&`))
}

// Not compressed, because it is unpacked at once.
const zipScript = `
import os, sys, zipfile
folder, target = sys.argv[1:]
with zipfile.ZipFile(target, 'w', zipfile.ZIP_STORED) as zip:
    for parent, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(parent, name)
            zip.write(path, os.path.relpath(path, folder))
`

/**
 * @param {string} folder
 * @param {string} target
 */
const zipFolder = (folder, target) => run('zip', 'python3', ['-c', zipScript, folder, target])
