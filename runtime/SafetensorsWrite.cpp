//===- SafetensorsWrite.cpp - Weights to a file --------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The bytes are a function of names and values alone. A reader sees the old file or
// the whole new one, also after a power cut: the data is on disk before the name is.
//
//===----------------------------------------------------------------------===//
#include "runtime/NewFile.h"
#include "runtime/Runtime.h"

using namespace symc;
using namespace symc::rt;

namespace {
/// Text that grows.
class Text {
public:
  explicit Text(const Allocator &allocator) : memory(allocator) {}

  void raw(const char *text, size_t count) {
    if (failed || (size + count > memory.count && !memory.resize(2 * (size + count) + 256))) {
      failed = true;
      return;
    }
    memcpy(memory.data + size, text, count);
    size += count;
  }
  void raw(const char *text) { raw(text, strlen(text)); }
  void number(uint64_t value) {
    char digits[24];
    raw(digits, static_cast<size_t>(snprintf(digits, sizeof(digits), "%llu", static_cast<unsigned long long>(value))));
  }
  void string(const char *text) {
    raw("\"");
    for (; *text; ++text) {
      auto c = static_cast<unsigned char>(*text);
      char escaped[8] = {'\\', static_cast<char>(c)};
      if (c < 0x20 || c == 0x7f)
        raw(escaped, static_cast<size_t>(snprintf(escaped, sizeof(escaped), "\\u%04x", c)));
      else
        raw(c == '"' || c == '\\' ? escaped : text, c == '"' || c == '\\' ? 2 : 1);
    }
    raw("\"");
  }

  Scratch<char> memory;
  size_t size = 0;
  bool failed = false;
};

bool writeAll(int descriptor, const void *from, uint64_t size) {
  auto *next = static_cast<const char *>(from);
  while (size > 0) {
    ssize_t written = write(descriptor, next, size < (1u << 30) ? size : 1u << 30);
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

/// The file that is written. What fails first is kept: later steps do nothing, and `commit` says so with errno.
class Output {
public:
  /// `temporary` has room for `path` and four more bytes.
  Output(const char *path, char *temporary) : path(path), temporary(temporary) {}
  ~Output() {
    if (descriptor >= 0)
      close(descriptor);
  }

  void open() {
    special = isSpecialFile(path);
    if (!special)
      descriptor = openUnnamed(path, temporary);
    unnamed = descriptor >= 0;
    size_t length = strlen(path);
    memcpy(temporary, path, length);
    memcpy(temporary + length, ".tmp", 5);
    if (special) {
      descriptor = ::open(path, O_WRONLY | O_CLOEXEC);
    } else if (!unnamed) {
      // The same name each time, so that what a killed process left is replaced by the next.
      unlink(temporary);
      descriptor = ::open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    }
    good = descriptor >= 0;
    cause = errno;
    doing = good ? "write" : "create";
  }

  void write(const void *from, uint64_t size) {
    if (good && !writeAll(descriptor, from, size))
      fail();
  }

  bool commit() {
    if (good && fsync(descriptor) != 0 && !special) // a pipe cannot be synchronised
      fail();
    if (good && unnamed && !nameFile(descriptor, temporary, path))
      fail();
    if (descriptor >= 0 && close(descriptor) != 0 && good)
      fail();
    bool opened = descriptor >= 0;
    descriptor = -1;
    if (good && !unnamed && !special && rename(temporary, path) != 0)
      fail();
    if (!good && opened && !unnamed && !special)
      unlink(temporary);
    errno = cause;
    return good;
  }

  const char *doing = "create";

private:
  void fail() {
    good = false;
    cause = errno;
  }

  const char *path;
  char *temporary;
  int descriptor = -1, cause = 0;
  bool good = false, special = false, unnamed = false;
};

/// Makes the new name last. Not every file system can, and the file is complete anyway.
void syncFolder(char *path) {
  char *slash = strrchr(path, '/');
  if (slash)
    slash[slash == path] = 0;
  int folder = open(slash ? path : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0)
    return;
  fsync(folder);
  close(folder);
}

void buildHeader(Text &text, FileTensor *tensors, size_t count, const Metadata *metadata, size_t metadataCount) {
  text.raw("\0\0\0\0\0\0\0\0{", 9);
  bool first = true;
  auto key = [&](const char *name) {
    if (!first)
      text.raw(",");
    first = false;
    text.string(name);
    text.raw(":");
  };
  if (metadataCount) {
    key("__metadata__");
    text.raw("{");
    first = true;
    for (size_t i = 0; i < metadataCount; ++i) {
      key(metadata[i].key);
      text.string(metadata[i].value);
    }
    text.raw("}");
  }
  for (size_t i = 0; i < count; ++i) {
    const FileTensor &tensor = tensors[i];
    key(tensor.name);
    text.raw("{\"dtype\":");
    text.string(tensor.dtype);
    text.raw(",\"shape\":[");
    for (int32_t axis = 0; axis < tensor.rank; ++axis) {
      text.raw(axis ? "," : "");
      text.number(static_cast<uint64_t>(tensor.shape[axis]));
    }
    text.raw("],\"data_offsets\":[");
    text.number(tensor.begin);
    text.raw(",");
    text.number(tensor.end);
    text.raw("]}");
  }
  text.raw("}");
  while (text.size % 8 && !text.failed)
    text.raw(" ");
  for (int i = 0; i < 8 && !text.failed; ++i)
    text.memory[i] = static_cast<char>((text.size - 8) >> (8 * i));
}
} // namespace

symc_status symc::rt::writeSafetensors(const Allocator &allocator, const char *path, FileTensor *tensors, size_t count,
                                       const Metadata *metadata, size_t metadataCount, char *error) {
  uint64_t at = 0;
  for (size_t i = 0; i < count; ++i) {
    uint64_t bytes = tensors[i].end - tensors[i].begin;
    tensors[i].begin = at;
    tensors[i].end = at += bytes;
  }
  Text header(allocator);
  buildHeader(header, tensors, count, metadata, metadataCount);
  size_t length = strlen(path);
  Scratch<char> temporary(allocator);
  if (header.failed || !temporary.resize(length + 5)) {
    snprintf(error, errorSize, "no memory to write %s", Shown(path).text);
    return SYMC_OUT_OF_MEMORY;
  }
  Output output(path, temporary.data);
  output.open();
  output.write(header.memory.data, header.size);
  for (size_t i = 0; i < count; ++i)
    output.write(tensors[i].data, tensors[i].end - tensors[i].begin);
  if (!output.commit()) {
    char text[128];
    snprintf(error, errorSize, "cannot %s %s: %s", output.doing, Shown(path).text,
             strerror_r(errno, text, sizeof(text)));
    return SYMC_IO_ERROR;
  }
  syncFolder(temporary.data);
  return SYMC_OK;
}
