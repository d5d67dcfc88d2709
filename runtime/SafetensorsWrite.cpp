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
#include "lib/Support/NewFile.h"
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

/// A `checksum` is one of zeros for now; gives the place of its digits.
size_t buildHeader(Text &text, FileTensor *tensors, size_t count, const Metadata *metadata, size_t metadataCount,
                   bool checksum) {
  size_t digits = 0;
  text.raw("\0\0\0\0\0\0\0\0{", 9);
  bool first = true;
  auto key = [&](const char *name) {
    if (!first)
      text.raw(",");
    first = false;
    text.string(name);
    text.raw(":");
  };
  if (metadataCount || checksum) {
    key("__metadata__");
    text.raw("{");
    first = true;
    if (checksum) {
      key(checksumKey);
      digits = text.size + 1;
      text.string(checksumZeros);
    }
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
  return digits;
}
} // namespace

symc_status symc::rt::writeSafetensors(const Allocator &allocator, const char *path, FileTensor *tensors, size_t count,
                                       const Metadata *metadata, size_t metadataCount, bool checksum, char *error) {
  uint64_t at = 0;
  for (size_t i = 0; i < count; ++i) {
    uint64_t bytes = tensors[i].end - tensors[i].begin;
    tensors[i].begin = at;
    tensors[i].end = at += bytes;
  }
  Text header(allocator);
  size_t digits = buildHeader(header, tensors, count, metadata, metadataCount, checksum);
  if (header.failed) {
    snprintf(error, errorSize, "no memory to write %s", Shown(path).text);
    return SYMC_OUT_OF_MEMORY;
  }
  if (header.size - 8 > maxHeader) {
    snprintf(
        error, errorSize, "cannot write %s: its header, with all names and the note, would have %llu bytes, of %llu",
        Shown(path).text, static_cast<unsigned long long>(header.size - 8), static_cast<unsigned long long>(maxHeader));
    return SYMC_INVALID_ARGUMENT;
  }
  if (checksum) {
    Hash hash;
    hash.add(header.memory.data, header.size);
    for (size_t i = 0; i < count; ++i)
      hash.add(tensors[i].data, tensors[i].end - tensors[i].begin);
    ChecksumText text(hash.value());
    memcpy(header.memory.data + digits, text.text, checksumDigits);
  }
  NewFile file;
  const char *doing = "create";
  bool good = file.open(path);
  if (good) {
    doing = "write";
    good = file.write(header.memory.data, header.size);
  }
  for (size_t i = 0; i < count && good; ++i)
    good = file.write(tensors[i].data, tensors[i].end - tensors[i].begin);
  if (good && file.commit())
    return SYMC_OK;
  char text[128];
  int cause = errno;
  const char *reason = writeProblem(cause);
  snprintf(error, errorSize, "cannot %s %s: %s", doing, Shown(path).text,
           reason ? reason : strerror_r(cause, text, sizeof(text)));
  return SYMC_IO_ERROR;
}
