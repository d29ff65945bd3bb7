/* A FUSE filesystem that grants every flock to everybody: `lying-fuse -f -o FUSE_OPTIONS MOUNTPOINT`, with the folder
 * it shows in LYING_FUSE_SOURCE. It knows only what a lock needs. */
#define FUSE_USE_VERSION 31
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int source;

static int result(int answer) { return answer == -1 ? -errno : answer; }

static const char *below(const char *path) { return path[1] == '\0' ? "." : path + 1; }

static int lying_getattr(const char *path, struct stat *found, struct fuse_file_info *file) {
  (void)file;
  return result(fstatat(source, below(path), found, AT_SYMLINK_NOFOLLOW));
}

static int lying_mkdir(const char *path, mode_t mode) { return result(mkdirat(source, below(path), mode)); }

static int lying_create(const char *path, mode_t mode, struct fuse_file_info *file) {
  int fd = openat(source, below(path), file->flags, mode);
  if (fd == -1) return -errno;
  file->fh = fd;
  return 0;
}

static int lying_open(const char *path, struct fuse_file_info *file) {
  return lying_create(path, 0, file);
}

static int lying_read(const char *path, char *bytes, size_t size, off_t from, struct fuse_file_info *file) {
  (void)path;
  return result(pread(file->fh, bytes, size, from));
}

static int lying_write(const char *path, const char *bytes, size_t size, off_t from, struct fuse_file_info *file) {
  (void)path;
  return result(pwrite(file->fh, bytes, size, from));
}

static int lying_release(const char *path, struct fuse_file_info *file) {
  (void)path;
  return result(close(file->fh));
}

static int lying_flock(const char *path, struct fuse_file_info *file, int operation) {
  (void)path;
  (void)file;
  (void)operation;
  return 0;
}

int main(int count, char *arguments[]) {
  static const struct fuse_operations operations = {
      .getattr = lying_getattr,
      .mkdir = lying_mkdir,
      .create = lying_create,
      .open = lying_open,
      .read = lying_read,
      .write = lying_write,
      .release = lying_release,
      .flock = lying_flock,
  };
  const char *path = getenv("LYING_FUSE_SOURCE");
  source = open(path ? path : "", O_RDONLY | O_DIRECTORY);
  if (source == -1) {
    perror("LYING_FUSE_SOURCE");
    return 1;
  }
  return fuse_main(count, arguments, &operations, NULL);
}
