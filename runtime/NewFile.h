//===- NewFile.h - Files that appear whole or not at all -------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A result is written to a file without a name, which gets its name when it is
// complete: a killed process leaves nothing, and processes that write to one name at
// a time never see each other's halves. Where the file system or the lack of /proc
// does not allow that, the temporary name is there from the beginning.
//
// Used by the runtime and by the command line; needs old names of libc alone.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_RUNTIME_NEWFILE_H
#define SYMC_RUNTIME_NEWFILE_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

namespace symc {

/// Whether `path` is there and is a device, a pipe or a socket. Such a file is written to: it must not be replaced.
inline bool isSpecialFile(const char *path) {
  // Not stat(), which old versions of glibc do not export. The structure is the kernel's on this architecture.
  struct stat status;
  return syscall(SYS_stat, path, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

/// Opens a file without a name in the folder of `path`; -1 when it cannot be had. `scratch` is as long as `path` and
/// two bytes longer.
inline int openUnnamed(const char *path, char *scratch) {
#ifdef O_TMPFILE
  const char *slash = strrchr(path, '/');
  size_t length = slash ? static_cast<size_t>(slash - path) + 1 : 0;
  memcpy(scratch, path, length);
  memcpy(scratch + length, ".", 2);
  if (access("/proc/self/fd", X_OK) != 0)
    return -1;
  return open(scratch, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
#else
  (void)path, (void)scratch;
  return -1;
#endif
}

/// Gives the file of openUnnamed the name `temporary`, then at once the name `path`. False with errno.
inline bool nameFile(int descriptor, const char *temporary, const char *path) {
  char self[40];
  snprintf(self, sizeof(self), "/proc/self/fd/%d", descriptor);
  // The temporary name is the same each time. Where it is there already, another process is between these two calls, or
  // was killed there: then the same file is still there after a while. (A file whose first name was taken away cannot
  // get another one.)
  ino_t seen = 0;
  for (int attempt = 0, since = 0; linkat(AT_FDCWD, self, AT_FDCWD, temporary, AT_SYMLINK_FOLLOW) != 0; ++attempt) {
    if (errno != EEXIST || attempt > 10000)
      return false;
    struct stat status = {};
    syscall(SYS_lstat, temporary, &status);
    if (status.st_ino != seen) {
      seen = status.st_ino;
      since = attempt;
    } else if (attempt - since >= 100) {
      unlink(temporary);
    }
    const struct timespec millisecond = {0, 1000000};
    syscall(SYS_nanosleep, &millisecond, nullptr);
  }
  if (rename(temporary, path) == 0)
    return true;
  int cause = errno;
  unlink(temporary);
  errno = cause;
  return false;
}

} // namespace symc

#endif // SYMC_RUNTIME_NEWFILE_H
