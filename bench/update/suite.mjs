// @ts-check
// npm run bench -- update [GB [FILESYSTEM...]]: what an update of a large database costs, with one new migration and
// with five. As root, which mounts a filesystem of each kind; the caches are dropped before each update. Linux only.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { filesystems, mountFilesystem } from '../../chaos/filesystem.mjs'

const child = join(import.meta.dirname, 'child.mjs')

/** @param {import('../../scripts/bench.mjs').BenchContext} context */
export async function measure({ electronPath, env, built, args: [size = '3', ...names] }) {
  /** @type {Record<string, number>} */
  const ratios = {}
  for (const name of filesystems.filter((known) =>
    (names.length > 0 ? names : ['ext4', 'btrfs']).includes(known),
  )) {
    const folder = mkdtempSync(join(tmpdir(), 'datadir-bench-'))
    // The database, its backup, its log, and the filesystem's own.
    const mounted = mountFilesystem(name, folder, Number(size) * 4e9 + 1e9)
    if ('missing' in mounted) throw new Error(`${name}: ${mounted.missing}`)
    /** @param {string[]} more */
    const run = (...more) => {
      const options = { env: { ...env, ELECTRON_RUN_AS_NODE: '1' }, encoding: /** @type {const} */ ('utf8') }
      return execFileSync(electronPath, [child, ...more], options)
    }
    try {
      for (const count of [1, 5]) {
        const dir = join(mounted.dir, `with-${count}`)
        mkdirSync(dir)
        const api = join(built, 'main', 'node.js')
        run('make', api, dir, size)
        execFileSync('sync')
        writeFileSync('/proc/sys/vm/drop_caches', '3')
        // Reads the code, which is not what is measured.
        run('make', api, join(mounted.dir, `warm-${count}`), '0')
        const { size: bytes } = statSync(join(dir, 'app.db'))
        const result = JSON.parse(run('update', api, dir, String(count)))
        console.log(`${name}, ${count} new, ${bytes} bytes: ${JSON.stringify(result)}`)
        ratios[`${name}-${count}-read`] = result.rchar / bytes
        ratios[`${name}-${count}-written`] = result.wchar / bytes
        rmSync(dir, { recursive: true })
      }
    } finally {
      mounted.close()
      rmSync(folder, { recursive: true, force: true })
    }
  }
  return ratios
}
