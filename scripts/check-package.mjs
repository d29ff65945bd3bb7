// @ts-check
// npm test -- package: packs the package as for npm, and checks it with the tools that its users have.
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { bundleProblems } from './package/check-bundles.mjs'
import { deadLinks } from './package/check-links.mjs'
import { typeProblems } from './package/check-types.mjs'
import { entryPoints } from './package-code.mjs'
import { packageFolder, root } from './setup/places.mjs'
import { npm, run } from './setup/run.mjs'

// What docs/packaging.md promises, in bytes.
const largestTarball = 190_000

const published =
  /^(dist\/(cjs\/)?[\w-]+\.(js|d\.ts)|dist\/cjs\/package\.json|package\.json|README\.md|LICENSE)$/

/**
 * @param {{ electronPath: string, env: Record<string, string> }} runtime
 * @returns {Promise<{ name: string, problems: string[] }[]>}
 */
export async function checkPackage(runtime) {
  const folder = mkdtempSync(join(tmpdir(), 'electron-datadir-pack-'))
  try {
    const tarball = await pack(join(folder, 'tarball'))
    const again = await pack(join(folder, 'again'))
    await run('tar', 'tar', ['-xzf', tarball, '-C', folder])
    const unpacked = join(folder, 'package')
    const project = makeProject(join(folder, 'project'), unpacked, ['better-sqlite3', 'kysely'])
    const withoutDatabase = makeProject(join(folder, 'without-database'), unpacked, [])
    return [
      { name: 'only what is to be published is in it', problems: strangersIn(unpacked) },
      { name: `at most ${largestTarball / 1000} kB`, problems: excessOf(tarball) },
      { name: 'packed again, the same bytes', problems: differenceOf(tarball, again) },
      { name: 'every link leads somewhere', problems: deadLinks(unpacked) },
      { name: 'the preload’s part loads no other file', problems: filesLoadedBy(unpacked, 'preload.js') },
      { name: 'package.json has every entry point', problems: unlistedEntryPoints(unpacked) },
      { name: 'publint', problems: await lint(unpacked) },
      { name: 'are the types wrong?', problems: await typesOf(tarball) },
      {
        name: 'the types compile as in an app, with and without Kysely',
        problems: await typeProblems(project, withoutDatabase),
      },
      { name: 'import', problems: tryOut(runtime, project, 'import.mjs') },
      { name: 'require', problems: tryOut(runtime, project, 'require.cjs') },
      { name: 'without a database', problems: tryOut(runtime, withoutDatabase, 'no-database.mjs') },
      {
        name: 'in a bundle it says to leave it out, and left out it works',
        problems: await bundleProblems(project, (script) => tryOut(runtime, project, script)),
      },
      {
        name: 'the command',
        problems: tryOut(runtime, project, 'node_modules/electron-datadir/dist/cli.js', 'doctor'),
      },
    ]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** @param {string} folder is made, and gets the tarball */
async function pack(folder) {
  mkdirSync(folder)
  await npm('npm-pack', ['pack', root, '--pack-destination', folder], folder)
  return join(folder, readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '')
}

/** @param {string[]} tarballs */
const differenceOf = (...tarballs) =>
  new Set(tarballs.map((tarball) => readFileSync(tarball, 'latin1'))).size === 1 ? [] : ['the bytes differ']

/** @param {string} unpacked */
function filesIn(unpacked) {
  return readdirSync(unpacked, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(unpacked.length + 1)
        .replaceAll('\\', '/'),
    )
}

/** @param {string} unpacked */
const strangersIn = (unpacked) => filesIn(unpacked).filter((file) => !published.test(file))

/** @param {string} tarball */
function excessOf(tarball) {
  const { length } = readFileSync(tarball)
  process.stdout.write(`  ${(length / 1000).toFixed(1)} kB packed\n`)
  return length <= largestTarball ? [] : [`${length} bytes`]
}

/**
 * @param {string} unpacked
 * @param {string} file
 */
const filesLoadedBy = (unpacked, file) =>
  ['dist', 'dist/cjs'].flatMap(
    (folder) =>
      readFileSync(join(unpacked, folder, file), 'utf8').match(
        /\b(from|import|require)\s*\(?\s*["'`]\..+?["'`]/g,
      ) ?? [],
  )

/** @param {string} unpacked */
function unlistedEntryPoints(unpacked) {
  const { exports, typesVersions } = JSON.parse(readFileSync(join(unpacked, 'package.json'), 'utf8'))
  // TypeScript finds the types of the main entry point, `api`, by the field `types`.
  const missing = Object.keys(entryPoints).filter((name) =>
    name === 'api' ? !exports['.'] : !exports[`./${name}`] || !typesVersions['*'][name],
  )
  return missing.map((name) => `${name} is not in exports or typesVersions`)
}

/** @param {string} unpacked */
async function lint(unpacked) {
  const { messages, pkg } = await publint({ pkgDir: unpacked, strict: true, pack: false })
  return messages.map((message) => formatMessage(message, pkg) ?? message.code)
}

/** @param {string} tarball */
async function typesOf(tarball) {
  const command = join(packageFolder('@arethetypeswrong/cli'), 'dist', 'index.js')
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, tarball, '--no-color'], {
    encoding: 'utf8',
  })
  return status === 0 ? [] : [stdout + stderr]
}

/**
 * A project that has installed the package, with those of its optional peers that are named.
 * @param {string} project
 * @param {string} unpacked
 * @param {string[]} peers
 */
function makeProject(project, unpacked, peers) {
  cpSync(join(root, 'test', 'package'), project, { recursive: true })
  const modules = join(project, 'node_modules')
  mkdirSync(join(modules, '@types'), { recursive: true })
  cpSync(unpacked, join(modules, 'electron-datadir'), { recursive: true })
  for (const name of ['@types/node', 'electron', 'fs-ext', ...peers])
    symlinkSync(packageFolder(name), join(modules, name))
  return project
}

/**
 * @param {{ electronPath: string, env: Record<string, string> }} runtime
 * @param {string} project
 * @param {string} script
 * @param {string[]} args
 */
function tryOut({ electronPath, env }, project, script, ...args) {
  try {
    execFileSync(electronPath, [join(project, script), ...args], {
      encoding: 'utf8',
      stdio: 'pipe',
      env: { ...process.env, ...env, ELECTRON_RUN_AS_NODE: '1' },
    })
    return []
  } catch (error) {
    return [String(error)]
  }
}
