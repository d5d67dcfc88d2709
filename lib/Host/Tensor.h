//===- Tensor.h - Tensors read from files ---------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_HOST_TENSOR_H
#define SYMC_HOST_TENSOR_H

#include "lib/Host/ByteSource.h"
#include "lib/Host/DataType.h"
#include "lib/Host/Memory.h"

namespace symc::host {

/// What a file says of its tensor, before the elements.
struct TensorHeader {
  DataType type = DataType::F32;
  Shape shape;
  bool fortranOrder = false, bigEndian = false;
};

/// A tensor whose header is read and whose elements follow in `bytes`.
struct TensorFile {
  TensorHeader header;
  std::unique_ptr<ByteSource> bytes;
};

/// A dense row-major tensor in memory.
struct Tensor {
  DataType type = DataType::F32;
  Shape shape;
  Buffer data;
};

// Each throws Error for what is not in its format or is not supported. `source` stands at the first byte.
TensorFile openNpy(std::unique_ptr<ByteSource> source);
TensorFile openIdx(std::unique_ptr<ByteSource> source);
/// .npy or IDX, gzipped or plain, told apart by their first bytes.
TensorFile openTensor(const std::string &path);

/// Reads all elements, converted to `type`, in bounded memory beyond the result. Bytes after the last are an error, and
/// so are a size that the machine cannot hold and values that `type` cannot.
Tensor readTensor(TensorFile file, DataType type);

/// Writes an .npy file under a temporary name and renames it.
void writeNpy(const std::string &path, DataType type, const Shape &shape, const void *data);

/// A zip archive of .npy files.
class NpzArchive {
public:
  explicit NpzArchive(const std::string &path);
  NpzArchive(NpzArchive &&) = delete;
  ~NpzArchive();

  /// Names of the tensors, without `.npy`.
  const std::vector<std::string> &names() const { return tensorNames; }
  TensorFile open(const std::string &name) const;

private:
  std::string path;
  void *archive = nullptr; // zip_t
  std::vector<std::string> tensorNames;
};

} // namespace symc::host

#endif // SYMC_HOST_TENSOR_H
