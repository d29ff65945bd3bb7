/* A filesystem that has no locks, for one process: flock(2) replaced through LD_PRELOAD.
 * NO_LOCK_SHIM says how it answers: "grant" takes every lock and holds none, as NFS mounted with `nolock` does;
 * a number is the errno it fails with. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

int flock(int fd, int operation) {
  (void)fd;
  (void)operation;
  const char *answer = getenv("NO_LOCK_SHIM");
  if (answer == NULL || strcmp(answer, "grant") == 0) return 0;
  errno = atoi(answer);
  return -1;
}
