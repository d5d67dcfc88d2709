//===- NewFile.h - Files that appear whole or not at all -------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A result is written to a file without a name, which gets its name when it is
// complete: a killed process leaves nothing, and processes that write to one name at
// a time never see each other's halves. Where the file system or the lack of /proc
// does not allow that, a temporary name is there from the beginning. It is drawn at
// random and never that of a file that is there. Its writer holds a lock on it, so
// that the next writer to the same place can tell and remove what a killed one left.
//
// The new file takes over the old one's mode and owner, and a symbolic link keeps
// pointing to where it pointed. A device or a pipe is written to as it is. Who
// says so waits until somebody reads a pipe: programs do, a library must not.
//
// The one writer of symc: models save with it, so that it is a header and needs old names
// of libc alone; the compiler and the command line write all their results with it.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_SUPPORT_NEWFILE_H
#define SYMC_SUPPORT_NEWFILE_H

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

namespace symc {

// Not stat(), which old versions of glibc do not export. The structure is the kernel's on this architecture.
inline bool statusOf(const char *path, struct stat &status) { return syscall(SYS_stat, path, &status) == 0; }
inline bool statusOf(int descriptor, struct stat &status) { return syscall(SYS_fstat, descriptor, &status) == 0; }

/// What a path leads to, and what a new file there takes over from the old one.
struct Destination {
  char path[PATH_MAX]; // symbolic links followed
  bool exists = false;
  bool special = false; // written to as it is: it must not be replaced
  struct stat status;

  /// False with errno: nothing can be written there.
  bool find(const char *given) {
    size_t length = strlen(given);
    if (length == 0 || length >= sizeof(path))
      return fail(length == 0 ? ENOENT : ENAMETOOLONG);
    memcpy(path, given, length + 1);
    // The kernel follows links first: it knows which of them this process may follow.
    exists = statusOf(given, status);
    if (!exists && errno != ENOENT)
      return false;
    if (exists && S_ISDIR(status.st_mode))
      return fail(EISDIR);
    special = exists && !S_ISREG(status.st_mode);
    if (special)
      return true;
    return followLinks() && (special || !exists || access(path, W_OK) == 0);
  }

  /// Gives a new file what the old one had. Not every process may give files away.
  void inherit(int descriptor) const {
    struct stat now;
    if (!exists || !statusOf(descriptor, now))
      return;
    bool kept = now.st_uid == status.st_uid && now.st_gid == status.st_gid;
    if (!kept && fchown(descriptor, status.st_uid, status.st_gid) == 0)
      kept = true;
    bool group = kept || fchown(descriptor, static_cast<uid_t>(-1), status.st_gid) == 0;
    // Never the rights of another owner's program, nor what another group may do for this process's.
    fchmod(descriptor, status.st_mode & (kept ? 07777 : group ? 0777 : 0707));
  }

  /// Whether it is a pipe with a name, which somebody may open to read. One without has lost its readers for good.
  bool awaitsReader() const {
    struct statfs system;
    return S_ISFIFO(status.st_mode) && syscall(SYS_statfs, path, &system) == 0 &&
           system.f_type != 0x50495045; // PIPEFS_MAGIC
  }

private:
  static bool fail(int cause) {
    errno = cause;
    return false;
  }

  bool followLinks() {
    struct stat link, proc;
    for (int links = 0; links < 40; ++links) {
      if (syscall(SYS_lstat, path, &link) != 0)
        return errno == ENOENT;
      if (!S_ISLNK(link.st_mode))
        return true;
      // /dev/stdout: an open file, not a name.
      if (exists && statusOf("/proc", proc) && link.st_dev == proc.st_dev) {
        special = true;
        return true;
      }
      char target[PATH_MAX];
      ssize_t size = readlink(path, target, sizeof(target));
      if (size <= 0)
        return false;
      const char *slash = target[0] == '/' ? nullptr : strrchr(path, '/');
      size_t folder = slash ? static_cast<size_t>(slash - path) + 1 : 0;
      if (folder + static_cast<size_t>(size) >= sizeof(path))
        return fail(ENAMETOOLONG);
      memcpy(path + folder, target, static_cast<size_t>(size));
      path[folder + static_cast<size_t>(size)] = 0;
    }
    return fail(ELOOP);
  }
};

/// While it lives, writing on this thread raises no signals: a full disk or a reader that went away is an errno.
class QuietWrites {
public:
  QuietWrites() {
    uint64_t pending = 0;
    syscall(SYS_rt_sigpending, &pending, sizeof(pending));
    raised = (uint64_t(1) << (SIGPIPE - 1) | uint64_t(1) << (SIGXFSZ - 1)) & ~pending;
    syscall(SYS_rt_sigprocmask, SIG_BLOCK, &raised, &before, sizeof(before));
  }
  QuietWrites(const QuietWrites &) = delete;
  ~QuietWrites() {
    int cause = errno;
    const struct timespec now = {0, 0};
    while (syscall(SYS_rt_sigtimedwait, &raised, nullptr, &now, sizeof(raised)) > 0)
      ;
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before, nullptr, sizeof(before));
    errno = cause;
  }

private:
  uint64_t raised, before = 0; // the kernel's signal sets
};

/// The name of a temporary file: ".NAME.0123456789abcdef.symc" beside NAME.
class TemporaryName {
public:
  char path[PATH_MAX];

  /// Draws another name for the file that will be at `destination`. False with errno.
  bool draw(const char *destination) {
    size_t begin = prefix(destination);
    if (begin + randomSize >= sizeof(path)) {
      errno = ENAMETOOLONG;
      return false;
    }
    uint64_t bits = 0;
    if (syscall(SYS_getrandom, &bits, sizeof(bits), 1 /* GRND_NONBLOCK */) != sizeof(bits)) {
      struct timespec now;
      syscall(SYS_clock_gettime, CLOCK_REALTIME, &now);
      bits = static_cast<uint64_t>(now.tv_sec) << 30 ^ static_cast<uint64_t>(now.tv_nsec) ^
             static_cast<uint64_t>(getpid()) << 40 ^ reinterpret_cast<uintptr_t>(&now);
    }
    snprintf(path + begin, randomSize + 1, "%016llx%s", static_cast<unsigned long long>(bits), suffix);
    return true;
  }

  /// Removes files with such names for `destination` whose writers are gone.
  void removeLeftovers(const char *destination) {
    size_t begin = prefix(destination), folder = folderSize(destination);
    if (begin + randomSize >= sizeof(path))
      return;
    char saved[sizeof(path)];
    memcpy(saved, path, begin);
    saved[begin] = 0;
    path[folder] = 0;
    int descriptor = open(folder ? path : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    memcpy(path, saved, begin + 1);
    if (descriptor < 0)
      return;
    alignas(8) char entries[4096];
    long size;
    while ((size = syscall(SYS_getdents64, descriptor, entries, sizeof(entries))) > 0)
      for (long at = 0; at < size;) {
        uint16_t length; // struct linux_dirent64: inode, offset, length, type, name
        memcpy(&length, entries + at + 16, sizeof(length));
        const char *name = entries + at + 19;
        at += length;
        if (strlen(name) != begin - folder + randomSize || strncmp(name, path + folder, begin - folder) != 0 ||
            strcmp(name + begin - folder + 16, suffix) != 0)
          continue;
        memcpy(path + begin, name + begin - folder, randomSize + 1);
        removeAbandoned();
        path[begin] = 0;
      }
    close(descriptor);
  }

private:
  static constexpr char suffix[] = ".symc";
  static constexpr size_t randomSize = 16 + sizeof(suffix) - 1;

  static size_t folderSize(const char *destination) {
    const char *slash = strrchr(destination, '/');
    return slash ? static_cast<size_t>(slash - destination) + 1 : 0;
  }

  /// Writes what comes before the random part; gives its length.
  size_t prefix(const char *destination) {
    size_t folder = folderSize(destination), name = strlen(destination + folder);
    name = name < 200 ? name : 200; // the whole must be no longer than a name may be
    memcpy(path, destination, folder);
    path[folder] = '.';
    memcpy(path + folder + 1, destination + folder, name);
    path[folder + 1 + name] = '.';
    path[folder + 2 + name] = 0;
    return folder + 2 + name;
  }

  void removeAbandoned() {
    int descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (descriptor < 0)
      return;
    struct stat status;
    if (statusOf(descriptor, status) && S_ISREG(status.st_mode) &&
        syscall(SYS_flock, descriptor, LOCK_EX | LOCK_NB) == 0)
      unlink(path);
    close(descriptor);
  }
};

/// Asked again and again while nobody reads a pipe yet: whether to go on waiting. Without one, nothing waits.
using Patience = bool (*)();

/// A file that is written. Functions give false with errno.
class NewFile {
public:
  NewFile() = default;
  NewFile(const NewFile &) = delete;
  ~NewFile() { discard(); }

  /// EINTR: `patience` ended before somebody read the pipe.
  bool open(const char *path, Patience patience = nullptr) {
    if (!destination.find(path))
      return false;
    return destination.special ? openSpecial(patience) : openBeside(0666);
  }

  /// For what is of no use in a pipe: ENOTSUP where there is a device or a pipe. A new file may be used by whom `mode`
  /// and the umask say.
  bool openFile(const char *path, mode_t mode) {
    if (!destination.find(path))
      return false;
    if (!destination.special)
      return openBeside(mode);
    errno = ENOTSUP;
    return false;
  }

  bool write(const void *data, uint64_t size) {
    QuietWrites quiet;
    auto *next = static_cast<const char *>(data);
    while (size > 0) {
      ssize_t written = ::write(descriptor, next, size < (1u << 30) ? size : 1u << 30);
      if (written < 0 && errno == EINTR)
        continue;
      if (written <= 0) {
        errno = written == 0 ? ENOSPC : errno;
        return false;
      }
      next += written;
      size -= static_cast<uint64_t>(written);
    }
    return true;
  }

  /// The file is complete: on disk first, then under its name. After a failure nothing of it stays. What can be made
  /// again need not wait for the disk.
  bool commit(bool waitForDisk = true) {
    bool good = finish(waitForDisk);
    int cause = errno;
    discard();
    errno = cause;
    return good;
  }

  void discard() {
    if (descriptor >= 0)
      close(descriptor);
    descriptor = -1;
    if (named)
      unlink(temporary.path);
    named = false;
  }

private:
  bool openSpecial(Patience patience) {
    if (S_ISREG(destination.status.st_mode) && shareOpenFile())
      return true;
    // Never blocking: a handler of signals may restart an open() that waits for a reader, for ever.
    int append = S_ISREG(destination.status.st_mode) ? O_APPEND : 0;
    while ((descriptor = ::open(destination.path, O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | append)) < 0) {
      if (errno != ENXIO || !patience || !destination.awaitsReader())
        return false;
      if (!patience()) {
        errno = EINTR;
        return false;
      }
      const struct timespec pause = {0, 10 * 1000 * 1000};
      syscall(SYS_nanosleep, &pause, nullptr);
    }
    long flags = syscall(SYS_fcntl, descriptor, F_GETFL, 0);
    syscall(SYS_fcntl, descriptor, F_SETFL, flags & ~O_NONBLOCK);
    return true;
  }

  /// /dev/stdout that leads to a file: by the descriptor that the process has, whose place in the file it shares.
  bool shareOpenFile() {
    for (int open = STDOUT_FILENO; open <= STDERR_FILENO; ++open) {
      struct stat status;
      if (!statusOf(open, status) || status.st_dev != destination.status.st_dev ||
          status.st_ino != destination.status.st_ino)
        continue;
      descriptor = static_cast<int>(syscall(SYS_fcntl, open, F_DUPFD_CLOEXEC, 0));
      return descriptor >= 0;
    }
    return false;
  }

  bool openBeside(mode_t mode) {
    temporary.removeLeftovers(destination.path);
    // What an existing file hides from others is not shown while it is written.
    mode = destination.exists ? 0600 : mode;
    descriptor = openUnnamed(mode);
    return descriptor >= 0 || openNamed(mode);
  }

  int openUnnamed(mode_t mode) {
#ifdef O_TMPFILE
    if (access("/proc/self/fd", X_OK) != 0)
      return -1;
    char folder[PATH_MAX];
    return ::open(folderOf(folder), O_TMPFILE | O_WRONLY | O_CLOEXEC, mode);
#else
    (void)mode;
    return -1;
#endif
  }

  bool openNamed(mode_t mode) {
    for (int attempt = 0; attempt < 100; ++attempt) {
      if (!temporary.draw(destination.path))
        return false;
      descriptor = ::open(temporary.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
      if (descriptor < 0 && errno != EEXIST)
        return false;
      if (descriptor < 0)
        continue;
      named = true;
      // Another process may have seen the file before it was locked.
      struct stat status;
      if ((syscall(SYS_flock, descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) &&
          statusOf(descriptor, status) && status.st_nlink > 0)
        return true;
      discard();
    }
    errno = EEXIST;
    return false;
  }

  bool finish(bool waitForDisk) {
    if (!destination.special)
      destination.inherit(descriptor);
    if (!arrived(waitForDisk) && !destination.special) // a pipe cannot be synchronised
      return false;
    if (destination.special) {
      int closed = descriptor;
      descriptor = -1;
      return close(closed) == 0;
    }
    if (!named && !giveName())
      return false;
    if (rename(temporary.path, destination.path) != 0)
      return false;
    named = false;
    if (waitForDisk)
      syncFolder();
    return true;
  }

  /// Whether all that was written has arrived. A file system on another machine tells a full disk when a file is
  /// closed.
  bool arrived(bool waitForDisk) const {
    if (waitForDisk)
      return fsync(descriptor) == 0;
    int copy = static_cast<int>(syscall(SYS_dup, descriptor));
    return copy >= 0 && close(copy) == 0;
  }

  /// An unnamed file cannot replace another one at once.
  bool giveName() {
    syscall(SYS_flock, descriptor, LOCK_EX | LOCK_NB);
    char self[40];
    snprintf(self, sizeof(self), "/proc/self/fd/%d", descriptor);
    for (int attempt = 0; attempt < 100 && !named; ++attempt) {
      if (!temporary.draw(destination.path))
        return false;
      named = linkat(AT_FDCWD, self, AT_FDCWD, temporary.path, AT_SYMLINK_FOLLOW) == 0;
      if (!named && errno != EEXIST)
        return false;
    }
    return named;
  }

  const char *folderOf(char *buffer) const {
    const char *slash = strrchr(destination.path, '/');
    size_t length = slash ? static_cast<size_t>(slash - destination.path) + (slash == destination.path) : 0;
    memcpy(buffer, destination.path, length);
    memcpy(buffer + length, length ? "" : ".", length ? 1 : 2);
    return buffer;
  }

  /// Makes the new name last. Not every file system can, and the file is complete anyway.
  void syncFolder() const {
    char path[PATH_MAX];
    int folder = ::open(folderOf(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
      return;
    fsync(folder);
    close(folder);
  }

  Destination destination;
  TemporaryName temporary;
  int descriptor = -1;
  bool named = false; // `temporary` is there
};

/// Why nothing could be written, where strerror() does not say it to a user.
inline const char *writeProblem(int cause) {
  return cause == ENXIO   ? "it is a pipe that nobody reads, or a socket"
         : cause == EINTR ? "interrupted before anybody read the pipe"
                          : nullptr;
}

} // namespace symc

#endif // SYMC_SUPPORT_NEWFILE_H
