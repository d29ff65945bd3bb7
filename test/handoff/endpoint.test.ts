import { mkdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createPipeEndpoint } from '../../src/main/handoff/pipe-endpoint.ts'
import { createSocketEndpoint } from '../../src/main/handoff/socket-endpoint.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

function directoryWhoseSocketPathHas(bytes: number): string {
  const parent = temporaryDirectory()
  const dir = join(parent, 'x'.repeat(bytes - Buffer.byteLength(join(parent, '/', 'app.sock')) - 1))
  mkdirSync(dir)
  return dir
}

function endpointIn(dir: string): string {
  const endpoint = createSocketEndpoint(dir, 'app')
  onTestFinished(() => endpoint.remove())
  return endpoint.path
}

test('a socket path of 103 bytes, the most that macOS takes, stays in the data directory', () => {
  const dir = directoryWhoseSocketPathHas(103)
  expect(Buffer.byteLength(endpointIn(dir))).toBe(103)
  expect(endpointIn(dir)).toBe(join(dir, 'app.sock'))
})

test('one of 104 bytes does not', () => {
  const dir = directoryWhoseSocketPathHas(104)
  expect(endpointIn(dir).startsWith(dir)).toBe(false)
})

test.each([
  ['missing', '/nowhere/at/all'],
  ['too deep', `/tmp/${'x'.repeat(100)}`],
])('a runtime directory that is %s is gone without', (_how, runtime) => {
  vi.stubEnv('XDG_RUNTIME_DIR', runtime)
  onTestFinished(() => void vi.unstubAllEnvs())
  const path = endpointIn(directoryWhoseSocketPathHas(104))
  expect(path.startsWith(runtime)).toBe(false)
  expect(Buffer.byteLength(path)).toBeLessThanOrEqual(103)
  expect(statSync(dirname(path)).mode & 0o777).toBe(0o700)
})

test('the name of a pipe cannot be guessed', () => {
  const [one, other] = [createPipeEndpoint().path, createPipeEndpoint().path]
  expect(one).toMatch(/^\\\\\.\\pipe\\electron-datadir-[0-9a-f]{32}$/)
  expect(other).not.toBe(one)
})
