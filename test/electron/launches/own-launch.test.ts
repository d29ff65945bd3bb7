import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, expect, test, vi } from 'vitest'
import { launchOf } from '../../../src/main/electron/launches/own-launch.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

afterEach(() => vi.unstubAllEnvs())

test('files and URLs are told apart among the arguments, and switches are neither', () => {
  const dir = temporaryDirectory()
  const path = join(dir, 'a b.md')
  writeFileSync(path, '')
  const argv = ['a b.md', 'notes://open/7', 'mailto:ada@example.org', 'missing.md', '--url=x:y', 'C:\\x.md']
  expect(launchOf(['notes', ...argv], dir, false)).toMatchObject({
    argv,
    cwd: dir,
    files: [path],
    urls: ['notes://open/7', 'mailto:ada@example.org'],
  })
})

test('a file that the desktop passes as a URL is a file', () => {
  const path = join(temporaryDirectory(), 'a b.md')
  writeFileSync(path, '')
  const { href } = pathToFileURL(path)
  expect(launchOf(['notes', href, `${href}.missing`], '/', false)).toMatchObject({
    files: [path],
    urls: [`${href}.missing`],
  })
  expect(launchOf(['notes', 'file://elsewhere/x.md'], '/', false)).toMatchObject({ files: [] })
})

test.each([
  ['longer than any file name', `mailto:ada@example.org?body=${'x'.repeat(300)}`],
  ['below a file', join(import.meta.filename, 'x')],
])('an argument that is %s is no file, and stops nothing', (_what, argument) => {
  expect(launchOf(['notes', argument], '/', false)).toMatchObject({ argv: [argument], files: [] })
})

test('in a development run, the path of the app and the modules that Electron loads first are no files', () => {
  const file = import.meta.filename
  const launched = (...argv: string[]) => launchOf(['electron', ...argv], '/', true)
  expect(launched('-r', file, '--no-sandbox', '.', file, 'notes:1')).toMatchObject({
    argv: ['-r', '--no-sandbox', file, 'notes:1'],
    files: [file],
    urls: ['notes:1'],
  })
  expect(launched('--require', file, file).files).toEqual([])
  expect(launched('.', '-r', file).files).toEqual([file])
  expect(launched('--inspect').argv).toEqual(['--inspect'])
})

test('the startup id of an X11 desktop travels with the launch', () => {
  vi.stubEnv('DESKTOP_STARTUP_ID', 'pcmanfm-1-host-notes-0_TIME42')
  expect(launchOf(['notes'], '/', false).activationToken).toBe('pcmanfm-1-host-notes-0_TIME42')
  vi.stubEnv('DESKTOP_STARTUP_ID', undefined)
  vi.stubEnv('XDG_ACTIVATION_TOKEN', undefined)
  expect(launchOf(['notes'], '/', false)).not.toHaveProperty('activationToken')
})

test('each launch has an id of its own', () => {
  expect(launchOf().id).not.toBe(launchOf().id)
})

test('a launch from a directory that was removed meanwhile is one all the same', () => {
  const module = pathToFileURL(
    resolve(import.meta.dirname, '../../../dist/main/electron/launches/own-launch.js'),
  ).href
  const script = join(temporaryDirectory(), 'launch.mjs')
  writeFileSync(
    script,
    `const { launchOf } = await import(${JSON.stringify(module)})
    console.log(JSON.stringify(launchOf(['notes', 'plan.md', 'notes:7'], undefined, false)))`,
  )
  const launchedIn = (gone: string, PWD: string) => {
    mkdirSync(gone)
    // Gone before the program starts: Node remembers where it is once it has asked.
    const args = ['-c', 'rmdir "$1" && PWD=$2 exec "$3" "$4"', 'sh', gone, PWD, process.execPath, script]
    return JSON.parse(execFileSync('sh', args, { cwd: gone, encoding: 'utf8' }))
  }
  const gone = join(temporaryDirectory(), 'gone')
  const launch = { argv: ['plan.md', 'notes:7'], files: [], urls: ['notes:7'] }
  expect(launchedIn(gone, gone)).toMatchObject({ ...launch, cwd: gone })
  expect(launchedIn(gone, '')).toMatchObject({ ...launch, cwd: '/' })
})
