// The table of mounts and the table of exports decide about a directory. A magic number does not.
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, type TestContext, test } from 'vitest'
import { findExport } from '../../src/main/directory/nfs-exports.ts'
import { type Disguise, disguisedMount, whyNoDisguise } from '../support/disguised-mount.ts'
import { runLockScript, type Said } from '../support/lock-script.ts'
import { buildNoLockShim } from '../support/no-lock-shim.ts'
import { skip } from '../support/skip.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const built = pathToFileURL(resolve(import.meta.dirname, '../../dist/main/directory/warnings.js')).href

type Policy = 'warn' | 'refuse' | 'allow'

/** Takes the lock there with each policy, and says what came of it, which files there were then, and all warnings. */
async function acquireOn(
  ctx: TestContext,
  disguise: Disguise,
  policies: readonly Policy[],
  within: (dir: string) => string[] = () => [],
) {
  const reason = whyNoDisguise() ?? (disguise.exports && whyNoExports())
  if (reason) skip(ctx, reason)
  const { dir, under } = disguisedMount(disguise)
  const script = `
    import { readdirSync } from 'node:fs'
    const { doubtAbout } = await import(${JSON.stringify(built)})
    const warnings = []
    const onWarning = ({ code, message }) => warnings.push({ code, message })
    const attempts = ${JSON.stringify(policies)}.map((filesystem) => {
      try {
        acquireDataDirLock({ dir, onWarning, filesystem })
        return { files: readdirSync(dir) }
      } catch ({ code, message, filesystem }) {
        return { code, message, filesystem, files: readdirSync(dir) }
      }
    })
    process.on('exit', () => say({ attempts, warnings, doubt: doubtAbout(dir) }))
    setImmediate(() => setImmediate(() => process.exit()))`
  const { said } = await runLockScript(dir, script, [...under, ...within(dir)])
  const { attempts, warnings, doubt } = said as unknown as {
    attempts: Said[]
    warnings: Said[]
    doubt?: string
  }
  return { dir, attempts, warnings, doubt }
}

function whyNoExports(): string | undefined {
  return existsSync('/proc/fs/nfsd') ? undefined : 'this kernel has no place for a table of exports'
}

test.for([
  { mount: 'nfs4 server:/export rw,vers=4.2,local_lock=flock', option: 'local_lock=flock' },
  { mount: 'nfs server:/export rw,vers=3,nolock,proto=tcp,local_lock=all', option: 'nolock' },
  { mount: 'cifs //server/share rw,vers=3.1.1,nobrl,actimeo=1', option: 'nobrl' },
])('$mount is refused under every policy, and nothing is created there', async ({ mount, option }, ctx) => {
  const { attempts, warnings, doubt } = await acquireOn(ctx, { mount }, ['warn', 'refuse', 'allow'])
  expect(warnings).toEqual([])
  expect(doubt).toBe(`refused: with \`${option}\` other computers do not see its locks`)
  for (const attempt of attempts) {
    expect(attempt).toMatchObject({ code: 'ERR_DATADIR_LOCK_UNSUPPORTED', files: [] })
    expect(attempt.message).toContain(`mounted with \`${option}\``)
    expect(attempt.message).toContain(
      `Mount it without \`${option}\`, use a folder on a local disk, or set APP_SKIP`,
    )
  }
})

test.for([
  { mount: 'nfs server:/export rw,vers=3,local_lock=posix', kind: 'NETWORK' },
  { mount: '9p share rw,access=client,trans=virtio', kind: 'NETWORK' },
  { mount: 'fuse.sshfs ada@far:/home rw,user_id=0', kind: 'FUSE' },
])('$mount is warned about, and refused where only local ones are accepted', async ({ mount, kind }, ctx) => {
  const { dir, attempts, warnings, doubt } = await acquireOn(ctx, { mount }, ['refuse', 'warn'])
  const [name = '', source] = mount.split(' ')
  expect(attempts).toMatchObject([
    { code: 'ERR_DATADIR_LOCK_UNSUPPORTED', filesystem: { name, source }, files: [] },
    { files: ['app.lock'] },
  ])
  expect(warnings).toMatchObject([{ code: `DATADIR_${kind}_FILESYSTEM` }])
  expect(warnings[0]?.message).toContain(`${dir} is on ${name} (${source})`)
  expect(doubt).toMatch(/^(network|fuse): its locks depend on how it is mounted$/)
})

/** What makes flock(2) answer as on SMB, and a process that has the lock file locked until the test's process ends. */
function onSmb(ctx: TestContext, isLocked: boolean): (dir: string) => string[] {
  const shim = buildNoLockShim(temporaryDirectory())
  if ('missing' in shim) return skip(ctx, shim.missing)
  return (dir) => {
    const lock = `'${dir}/app.lock'`
    const hold = `flock ${lock} sh -c "while kill -0 $$ 2>&-; do sleep 0.1; done" >&- 2>&- &`
    const steps = isLocked ? [hold, `while flock -n ${lock} true; do :; done`] : []
    const preload = ['env', `LD_PRELOAD=${shim.library}`, 'NO_LOCK_SHIM=smb']
    return ['sh', '-c', [...steps, 'exec "$@"'].join('\n'), 'sh', ...preload]
  }
}

const smb = { mount: 'cifs //server/share rw,vers=3.1.1,cache=strict,nounix' }

test('on SMB, whose locks are mandatory, no directory can be owned, and the error says why', async (ctx) => {
  const [attempt] = (await acquireOn(ctx, smb, ['allow'], onSmb(ctx, false))).attempts
  expect(attempt?.code).toBe('ERR_DATADIR_LOCK_UNSUPPORTED')
  expect(attempt?.message).toContain(
    'on cifs (//server/share), a network filesystem: SMB lets no other process read',
  )
})

test('on SMB, a lock file that another program has locked is in use', async (ctx) => {
  const [attempt] = (await acquireOn(ctx, smb, ['allow'], onSmb(ctx, true))).attempts
  expect(attempt?.code).toBe('ERR_DATADIR_LOCKED')
})

test('a directory that this computer exports over NFS is refused or causes a warning, depending on the option', async (ctx) => {
  const exports =
    '# Version 1.1\n# Path Client(Flags) # IPs\nDIR\t*(rw,no_root_squash,sync,wdelay,uuid=0:0)\n'
  const { dir, attempts, warnings, doubt } = await acquireOn(ctx, { exports }, ['refuse', 'warn'])
  expect(attempts).toMatchObject([
    { code: 'ERR_DATADIR_LOCK_UNSUPPORTED', files: [] },
    { files: ['app.lock'] },
  ])
  expect(warnings).toMatchObject([{ code: 'DATADIR_NFS_EXPORTED' }])
  expect(warnings[0]?.message).toContain(`exports ${dir} over NFS`)
  expect(doubt).toBe('exported over NFS: other computers do not see its locks')
  expect((await acquireOn(ctx, { exports }, ['allow'])).warnings).toEqual([])
})

const always = () => true
const never = () => false

test('an export is found in the tables of the kernel and of exportfs', () => {
  const kernel = '# Version 1.1\n/srv/my\\040home\t*(rw,no_root_squash,sync,uuid=1:2,sec=1)\n'
  expect(findExport(kernel, '/srv/my home/ada/notes', always)).toBe('/srv/my home')
  const etab = '/srv/data\t10.0.0.0/8(rw,sync,wdelay,hide,nocrossmnt,secure)\n/\t*(ro,crossmnt)\n'
  expect(findExport(etab, '/srv/data', always)).toBe('/srv/data')
  expect(findExport(etab, '/srv/database', never)).toBe('/')
})

test('a folder that no client can reach does not count as exported', () => {
  const table = '/\t*(ro,root_squash,sync,no_wdelay,v4root,fsid=0)\n/srv\t*(rw,sync)\n/srv/da\t*(rw,sync)\n'
  expect(findExport(table, '/home/ada', always)).toBeUndefined()
  expect(findExport(table, '/srv/data', never)).toBeUndefined()
  expect(findExport(table, '/srv/data', always)).toBe('/srv')
  expect(findExport('', '/srv/data', always)).toBeUndefined()
})
