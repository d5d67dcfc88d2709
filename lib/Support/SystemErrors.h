//===- SystemErrors.h - What the system lacks ------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A file that cannot be read or written is the user's mistake, unless the system lacks something: then it is the
// environment's, which has an exit code of its own.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_SUPPORT_SYSTEMERRORS_H
#define SYMC_SUPPORT_SYSTEMERRORS_H

#include <cerrno>
#include <cstring>
#include <string_view>

namespace symc {

/// Whether there is no room for a file.
inline bool isFull(int cause) { return cause == ENOSPC || cause == EDQUOT || cause == EFBIG; }
/// Whether the system lacks anything: room, open files, memory.
inline bool isLacking(int cause) { return isFull(cause) || cause == EMFILE || cause == ENFILE || cause == ENOMEM; }

/// The same for a message that ends with the system's words: other libraries give no more.
inline bool saysCause(std::string_view message, bool (*isCause)(int)) {
  for (int cause : {ENOSPC, EDQUOT, EFBIG, EMFILE, ENFILE, ENOMEM}) {
    std::string_view words = strerror(cause);
    if (isCause(cause) && message.size() >= words.size() && message.substr(message.size() - words.size()) == words)
      return true;
  }
  return false;
}
inline bool saysFull(std::string_view message) { return saysCause(message, isFull); }
inline bool saysLacking(std::string_view message) { return saysCause(message, isLacking); }

} // namespace symc

#endif // SYMC_SUPPORT_SYSTEMERRORS_H
