// @ts-check
import { execFile } from 'node:child_process'
import { copyFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { packageFolder } from '../setup/places.mjs'

const execute = promisify(execFile)

// Both templates of Electron Forge have `moduleResolution: node`, which TypeScript 7 no longer has. This older compiler is the
// one that “Are the types wrong?” brings.
const older = createRequire(join(packageFolder('@arethetypeswrong/core'), 'package.json'))('typescript')

/**
 * Compiles a program that uses the types, in each way in which TypeScript finds types, and checks the package's own
 * declarations too.
 * @param {string} project the project with all peers
 * @param {string} withoutDatabase a project without kysely and better-sqlite3
 * @returns {Promise<string[]>}
 */
export async function typeProblems(project, withoutDatabase) {
  const both = (/** @type {(folder: string, files: string[]) => string[] | Promise<string[]>} */ compile) => [
    compile(join(project, 'types'), ['consumer.ts', 'schema.ts']),
    compile(join(withoutDatabase, 'types'), ['consumer.ts']),
  ]
  const problems = await Promise.all([
    ...both((folder, files) => compileWithOlder(folder, files, 'CommonJS', 'Node10')),
    ...both((folder, files) => compileWithOlder(folder, asModules(folder, files), 'Node16', 'Node16')),
    ...both((folder, files) => compile(folder, asModules(folder, files), 'nodenext', 'nodenext')),
    ...both((folder, files) => compile(folder, files, 'esnext', 'bundler')),
  ])
  return problems.flat()
}

/**
 * @param {string} folder
 * @param {string[]} files
 * @param {string} module
 * @param {string} resolution
 */
async function compile(folder, files, module, resolution) {
  const options = '--noEmit --strict --skipLibCheck false --target es2022 --types node --pretty false'
  const args = [...options.split(' '), '--module', module, '--moduleResolution', resolution, ...files]
  try {
    await execute(process.execPath, [join(packageFolder('typescript'), 'bin', 'tsc'), ...args], {
      cwd: folder,
    })
    return []
  } catch (error) {
    return [`${resolution}: ${/** @type {{ stdout: string }} */ (error).stdout}`]
  }
}

/**
 * Checks the program and the package's declarations. Those of Electron, Node.js and browsers would take this compiler most of
 * its time.
 * @param {string} folder
 * @param {string[]} files
 * @param {string} module
 * @param {string} resolution
 */
function compileWithOlder(folder, files, module, resolution) {
  const program = older.createProgram({
    rootNames: files.map((file) => join(folder, file)),
    options: {
      noEmit: true,
      strict: true,
      target: older.ScriptTarget.ES2022,
      // Found from the current directory otherwise.
      typeRoots: [join(folder, '..', 'node_modules', '@types')],
      types: ['node'],
      module: older.ModuleKind[module],
      moduleResolution: older.ModuleResolutionKind[resolution],
    },
  })
  const own = /[\\/](types|electron-datadir)[\\/]/
  const checked = program
    .getSourceFiles()
    .filter((/** @type {{ fileName: string }} */ { fileName }) =>
      own.test(fileName.slice(join(folder, '..').length)),
    )
  const found = [
    ...program.getOptionsDiagnostics(),
    ...checked.flatMap((/** @type {unknown} */ file) => [
      ...program.getSyntacticDiagnostics(file),
      ...program.getSemanticDiagnostics(file),
    ]),
  ]
  const host = {
    getCurrentDirectory: () => folder,
    getCanonicalFileName: (/** @type {string} */ name) => name,
    getNewLine: () => '\n',
  }
  return found.length === 0 ? [] : [`${resolution}: ${older.formatDiagnostics(found, host)}`]
}

/**
 * In these modes the extension decides whether a file is an ES module.
 * @param {string} folder
 * @param {string[]} files
 */
function asModules(folder, files) {
  return files.flatMap((file) =>
    ['.mts', '.cts'].map((extension) => {
      const copy = file.replace('.ts', extension)
      copyFileSync(join(folder, file), join(folder, copy))
      return copy
    }),
  )
}
