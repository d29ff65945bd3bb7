import { expect, test } from 'vitest'
import { type FailureKind, kindsByCode, systemFailureIn } from '../../src/shared/system-failure.ts'

const rows: [code: string, kind: FailureKind][] = [
  ['ENOSPC', 'no-space'],
  ['EDQUOT', 'quota'],
  ['EFBIG', 'file-too-large'],
  ['EROFS', 'read-only-filesystem'],
  ['EACCES', 'no-permission'],
  ['EPERM', 'no-permission'],
  ['EMFILE', 'too-many-files'],
  ['ENFILE', 'too-many-files'],
  ['ENOTDIR', 'not-a-folder'],
  ['EISDIR', 'is-a-folder'],
  ['EEXIST', 'in-the-way'],
  ['ENOTEMPTY', 'in-the-way'],
  ['ENOENT', 'missing'],
  ['ENODEV', 'missing'],
  ['ENXIO', 'missing'],
  ['ELOOP', 'link-loop'],
  ['EIO', 'disk-error'],
  ['ESTALE', 'disk-error'],
  ['ENOTCONN', 'disk-error'],
  ['ETIMEDOUT', 'disk-error'],
  ['ENOTSUP', 'unsupported'],
  ['EOPNOTSUPP', 'unsupported'],
  ['ENOSYS', 'unsupported'],
  ['ENOLCK', 'unsupported'],
  ['EXDEV', 'unsupported'],
  ['EBUSY', 'in-use'],
  ['ETXTBSY', 'in-use'],
  ['ENOMEM', 'no-memory'],
  ['SQLITE_FULL', 'no-space'],
  ['SQLITE_IOERR_SHMSIZE', 'no-space'],
  ['SQLITE_IOERR_SHMMAP', 'no-shared-memory'],
  ['SQLITE_IOERR_SHMOPEN', 'no-shared-memory'],
  ['SQLITE_IOERR_SHMLOCK', 'no-shared-memory'],
  ['SQLITE_IOERR_NOMEM', 'no-memory'],
  ['SQLITE_IOERR_BLOCKED', 'busy'],
  ['SQLITE_IOERR_CORRUPTFS', 'damaged'],
  ['SQLITE_IOERR', 'disk-error'],
  ['SQLITE_IOERR_WRITE', 'disk-error'],
  ['SQLITE_IOERR_FSYNC', 'disk-error'],
  ['SQLITE_READONLY', 'read-only'],
  ['SQLITE_READONLY_DIRECTORY', 'read-only'],
  ['SQLITE_BUSY', 'busy'],
  ['SQLITE_BUSY_SNAPSHOT', 'busy'],
  ['SQLITE_LOCKED', 'busy'],
  ['SQLITE_CORRUPT', 'damaged'],
  ['SQLITE_CORRUPT_VTAB', 'damaged'],
  ['SQLITE_NOTADB', 'not-a-database'],
  ['SQLITE_CANTOPEN', 'cannot-open'],
  ['SQLITE_CANTOPEN_ISDIR', 'is-a-folder'],
  ['SQLITE_CANTOPEN_SYMLINK', 'link-loop'],
  ['SQLITE_CANTOPEN_DIRTYWAL', 'cannot-open'],
  ['SQLITE_PERM', 'no-permission'],
  ['SQLITE_AUTH', 'no-permission'],
  ['SQLITE_NOLFS', 'file-too-large'],
  ['SQLITE_TOOBIG', 'too-big'],
  ['SQLITE_NOMEM', 'no-memory'],
]

test.each(rows)('%s is %s, with words and a remedy', (code, kind) => {
  const error = Object.assign(new Error('as the system says it'), { code })
  for (const thrown of [error, new Error('outside', { cause: new TypeError('between', { cause: error }) })]) {
    const failure = systemFailureIn(thrown)
    expect(failure).toMatchObject({ kind, code })
    expect(failure?.what).toMatch(/^[a-z].*[^.]$/)
    expect(failure?.remedy).toMatch(/^[A-Z].*\.$/)
    expect(failure?.remedy).not.toContain('Report')
  }
})

test('the table above has every row of the mapping', () => {
  const codes = rows.map(([code]) => code)
  for (const beginning of kindsByCode.keys())
    expect(codes.some((code) => code === beginning || code.startsWith(`${beginning}_`))).toBe(true)
})

test('the outermost error with a known code counts, and the file that the system names is kept', () => {
  const inner = Object.assign(new Error('inner'), { code: 'EIO' })
  const outer = Object.assign(new Error('outer', { cause: inner }), {
    code: 'ENOTDIR',
    path: '/data/app.backups',
  })
  expect(systemFailureIn(outer)).toMatchObject({ kind: 'not-a-folder', path: '/data/app.backups' })
  const ours = Object.assign(new Error('ours', { cause: inner }), { code: 'ERR_DATADIR_UNUSABLE' })
  expect(systemFailureIn(ours)).toMatchObject({ kind: 'disk-error' })
})

test.each([
  ['an error of other code', new TypeError('x is not a function')],
  ['an error of SQL', Object.assign(new Error('no such table'), { code: 'SQLITE_ERROR' })],
  ['a failed constraint', Object.assign(new Error('not unique'), { code: 'SQLITE_CONSTRAINT_UNIQUE' })],
  ['a property of every object', Object.assign(new Error('odd'), { code: 'toString' })],
  ['a text', 'SQLITE_FULL'],
  ['nothing', undefined],
])('%s is not explained', (_, error) => {
  expect(systemFailureIn(error)).toBeUndefined()
})

test('errors that cause each other in a circle are searched once', () => {
  const first: Error = new Error('first')
  first.cause = new Error('second', { cause: first })
  expect(systemFailureIn(first)).toBeUndefined()
})
