// Of man 3 errno: what somebody else will have freed, emptied or mended by the next time.
const passing = new Set([
  ...['EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS'],
  ...['ENOSPC', 'EDQUOT'],
  ...['EIO', 'ETIMEDOUT', 'EBUSY', 'EAGAIN', 'EINTR'],
])

/**
 * Whether an error speaks of the machine in this moment, short of descriptors, memory or space, or of a disk that does
 * not answer, and so says nothing about the file that was asked for.
 *
 * @param error the system's, or one of this package with that as its cause.
 */
export function isPassing(error: unknown): boolean {
  const { code, cause } = error as NodeJS.ErrnoException
  return passing.has(code ?? '') || (cause !== undefined && isPassing(cause))
}
