// @ts-check
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { build } from 'vite'

const unbundled = ['electron', 'better-sqlite3', 'fs-ext', /^node:/]
const refused = /ERR_DATADIR_BUNDLED/

/**
 * Bundles the programs of test/package as the main process of an app: with the package in the bundle, which the package must
 * refuse in words, and with the package left out, as docs/packaging.md says.
 * @param {string} project
 * @param {(script: string) => string[]} run returns what went wrong
 * @returns {Promise<string[]>}
 */
export async function bundleProblems(project, run) {
  const problems = []
  for (const [name, bundle] of Object.entries(bundlers)) {
    const [included] = run(await bundle(project, `${name}-all`, unbundled))
    if (!included || !refused.test(included)) problems.push(`${name}: ${included ?? 'no error'}`)
    const external = [...unbundled, /^electron-datadir/]
    problems.push(...run(await bundle(project, name, external)).map((problem) => `${name}: ${problem}`))
  }
  const inWebpack = run('in-webpack.mjs')
  return [...problems, ...inWebpack.map((problem) => `webpack: ${problem}`)]
}

/** @typedef {(project: string, name: string, external: (string | RegExp)[]) => Promise<string>} Bundle */

/** @type {Record<string, Bundle>} */
const bundlers = {
  // As the Vite template of Electron Forge does, in a build for browsers.
  'vite-library': (project, name, external) =>
    withVite(project, name, { lib: { entry: 'import.mjs', formats: ['cjs'] } }, external),
  'vite-ssr': (project, name, external) => withVite(project, name, { ssr: 'import.mjs' }, external),
  'rolldown-import': (project, name, external) => withRolldown(project, 'import.mjs', name, external),
  'rolldown-require': (project, name, external) => withRolldown(project, 'require.cjs', name, external),
}

/**
 * @param {string} project
 * @param {string} name
 * @param {import('vite').BuildOptions} options
 * @param {(string | RegExp)[]} external
 */
async function withVite(project, name, options, external) {
  const file = `${name}.cjs`
  await build({
    root: project,
    configFile: false,
    logLevel: 'silent',
    ssr: { noExternal: true },
    build: {
      ...options,
      outDir: name,
      minify: false,
      rollupOptions: { external, output: { format: 'cjs', entryFileNames: file } },
    },
  })
  return join(name, file)
}

/**
 * @param {string} project
 * @param {string} script
 * @param {string} name
 * @param {(string | RegExp)[]} external
 */
async function withRolldown(project, script, name, external) {
  const file = `${name}.mjs`
  const bundle = await rolldown({
    cwd: project,
    input: script,
    platform: 'node',
    external,
    logLevel: 'silent',
  })
  try {
    await bundle.write({
      dir: join(project, name),
      format: 'es',
      entryFileNames: file,
      chunkFileNames: '[name]-[hash].mjs',
    })
  } finally {
    await bundle.close()
  }
  return join(name, file)
}
