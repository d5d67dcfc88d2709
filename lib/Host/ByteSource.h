//===- ByteSource.h - Plain, gzipped and zipped bytes, streamed -----------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_HOST_BYTESOURCE_H
#define SYMC_HOST_BYTESOURCE_H

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace symc::host {

/// Bytes that are read once, from front to back. A reader takes what a header asks for and not a byte more, which is
/// what makes a compressed bomb harmless.
class ByteSource {
public:
  explicit ByteSource(std::string where) : where(std::move(where)) {}
  virtual ~ByteSource() = default;

  /// Reads up to `bytes`; fewer only at the end. Throws Error for a damaged file.
  virtual size_t read(void *out, size_t bytes) = 0;
  /// The bytes that are left, where that is known without reading.
  virtual std::optional<uint64_t> remaining() const { return std::nullopt; }
  /// Reads exactly `bytes` or throws an error that says what was being read.
  void readExactly(void *out, size_t bytes, const char *what);

  /// The path as given, with `:member` for a member of an archive; for messages.
  const std::string where;
};

/// Opens a regular file, gunzipped when it starts like a gzip file. Throws Error.
std::unique_ptr<ByteSource> openFile(const std::string &path);

/// Bytes in memory (which must outlive the source); for tests.
std::unique_ptr<ByteSource> openMemory(std::string where, const void *data, size_t size);

/// The first bytes of a regular file, to tell formats apart (fewer for a shorter file).
std::string firstBytes(const std::string &path, size_t count);

/// Throws Error unless `path` is a regular file that can be opened; a FIFO or a device would block or never end.
int openRegularFile(const std::string &path);

} // namespace symc::host

#endif // SYMC_HOST_BYTESOURCE_H
