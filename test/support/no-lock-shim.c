/* A filesystem that has no locks, for one process: flock(2) replaced through LD_PRELOAD.
 * NO_LOCK_SHIM says how it answers: "grant" takes every lock and holds none, as NFS mounted with `nolock` does;
 * "smb" locks as ever and says EACCES if the lock is taken, as SMB does (man 2 flock);
 * "files" locks files as ever and refuses directories, "files:12" with that errno; "directories" locks files as ever and
 * grants every lock on a directory; a number is the errno it fails with. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int flock(int fd, int operation) {
  const char *answer = getenv("NO_LOCK_SHIM");
  if (answer == NULL || strcmp(answer, "grant") == 0) return 0;
  if (strcmp(answer, "smb") == 0) {
    int result = (int)syscall(SYS_flock, fd, operation);
    if (result != 0 && errno == EWOULDBLOCK) errno = EACCES;
    return result;
  }
  if (strncmp(answer, "files", 5) == 0 || strcmp(answer, "directories") == 0) {
    struct stat facts;
    if (fstat(fd, &facts) != 0) return -1;
    if (!S_ISDIR(facts.st_mode)) return (int)syscall(SYS_flock, fd, operation);
    if (answer[0] == 'd') return 0;
    errno = answer[5] == ':' ? atoi(answer + 6) : EINVAL;
    return -1;
  }
  errno = atoi(answer);
  return -1;
}
