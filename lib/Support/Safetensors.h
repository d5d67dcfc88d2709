//===- Safetensors.h - The reader and the writer of weights ----------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A model reads its weights with it, and the compiler those that it embeds, so that
// what can be embedded is what could be loaded; `symc train` writes with it what a
// model does not. It is part of the runtime (runtime/Safetensors*.cpp); this is what
// others see of that.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_SUPPORT_SAFETENSORS_H
#define SYMC_SUPPORT_SAFETENSORS_H

#include "lib/Support/Hash.h"
#include "lib/Support/Scratch.h"
#include "symc/runtime.h"

namespace symc::rt {

/// Bytes of a message, with the NUL at its end.
constexpr size_t errorSize = 1024;

/// Bytes of a file's header: what readers of the format refuse is not written.
constexpr uint64_t maxHeader = 100000000;

/// The element types of the format. A model's own are those of ElementTypes.h; a file may hold others beside them.
struct FileType {
  const char *name;
  uint64_t bits;
};
constexpr FileType fileTypes[] = {{"F32", 32},    {"F64", 64},    {"I32", 32},    {"I64", 64},    {"U8", 8},
                                  {"BOOL", 8},    {"F16", 16},    {"BF16", 16},   {"I8", 8},      {"I16", 16},
                                  {"U16", 16},    {"U32", 32},    {"U64", 64},    {"C64", 64},    {"F8_E4M3", 8},
                                  {"F8_E5M2", 8}, {"F8_E8M0", 8}, {"F6_E2M3", 6}, {"F6_E3M2", 6}, {"F4", 4}};
inline const FileType *findFileType(const char *name) {
  for (const FileType &type : fileTypes)
    if (strcmp(type.name, name) == 0)
      return &type;
  return nullptr;
}

/// One tensor of a file, or one that is to be written.
struct FileTensor {
  const char *name;
  const char *dtype; // "F32"
  const int64_t *shape;
  int32_t rank;
  uint64_t begin, end; // in the data; set by the writer
  void *data;          // what is written, or where it goes (NULL: ignored)
};

struct Metadata {
  const char *key, *value;
};

/// The metadata key of a checksum: the XXH64 of the whole file with these zeros in place of its digits.
constexpr char checksumKey[] = "symc.checksum", checksumZeros[] = "0000000000000000";
constexpr size_t checksumDigits = sizeof(checksumZeros) - 1;
struct ChecksumText {
  char text[checksumDigits + 1];
  explicit ChecksumText(uint64_t value);
};

/// A file whose header has been checked in full.
struct SafetensorsFile {
  int descriptor = -1;
  uint64_t dataOffset = 0, dataBytes = 0;
  Hash hash;            // of the header with the zeros
  Scratch<char> header; // names and metadata point into it
  Scratch<int64_t> shapes;
  Scratch<FileTensor> tensors; // sorted by name
  Scratch<Metadata> metadata;  // sorted by key
  size_t shapeCount = 0, tensorCount = 0, metadataCount = 0;

  explicit SafetensorsFile(const Allocator &allocator)
      : header(allocator), shapes(allocator), tensors(allocator), metadata(allocator) {}
  ~SafetensorsFile();
  /// `error` has errorSize bytes.
  symc_status open(const char *path, char *error);
  FileTensor *find(const char *name);
  const char *meta(const char *key) const; // NULL when absent
  /// Reads every tensor that has a place: all of them, or after a failure nothing, so that they are held twice for a
  /// moment. A file with a checksum must match it.
  symc_status readTensors(const char *path, char *error);
};

/// Writes a file that appears when it is complete, see NewFile.h. `error` has errorSize bytes.
symc_status writeSafetensors(const Allocator &allocator, const char *path, FileTensor *tensors, size_t count,
                             const Metadata *metadata, size_t metadataCount, bool checksum, char *error);

/// Parses the header in place (strings are unescaped there) against file.dataBytes. The reader's own entry, and the
/// fuzzer's.
symc_status parseHeader(SafetensorsFile &file, char *text, size_t size, char *error);

} // namespace symc::rt

#endif // SYMC_SUPPORT_SAFETENSORS_H
