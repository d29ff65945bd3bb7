// @ts-check
// What the published code does first: it throws if a bundler has put it into an app's bundle. There its threads are not found.

const message =
  "electron-datadir is in the app's bundle and cannot run there: its threads are separate files, and a bundler cannot " +
  'include its native modules. Leave electron-datadir out of the bundle of the main process. ' +
  "With Vite: build: { rollupOptions: { external: [/^electron-datadir/] } }. With webpack: externals: { 'electron-datadir': " +
  "'commonjs electron-datadir' }, and a line of that kind for each other entry point, such as electron-datadir/node. Pack " +
  'electron-datadir and its dependencies with the app, in node_modules. See ' +
  'https://github.com/electron-datadir/electron-datadir/blob/main/docs/packaging.md#bundlers'

// Plain, and without the class of the package's other errors: that class cannot be loaded here, and nobody can import it from
// a module that throws.
const refusal = `throw Object.assign(new Error(${JSON.stringify(message)}), { code: 'ERR_DATADIR_BUNDLED' })`

// webpack replaces this name. Its bundles have to be refused by name: it writes the path on the computer that builds into the
// bundle, and on that computer every file is found.
const inWebpack = "typeof __webpack_require__ === 'function'"

/**
 * For an ES module. Some bundlers leave `import.meta.url` undefined.
 * @param {string} file next to the module
 */
export const refuseBundledModule = (file) => `const here = import.meta.url
if (${inWebpack} || !here || !existsSync(new URL('${file}', here))) ${refusal}
`

/**
 * For CommonJS.
 * @param {string} file next to the module
 */
export const refuseBundledCommonJs = (file) =>
  `if (${inWebpack} || typeof __dirname === 'undefined' || !require('node:fs').existsSync(__dirname + '/${file}')) ${refusal};\n`
