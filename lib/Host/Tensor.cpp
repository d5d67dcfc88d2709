//===- Tensor.cpp - Tensors read from files -------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/Tensor.h"
#include "lib/Host/Errors.h"

#include <algorithm>
#include <cstring>

namespace symc::host {

TensorFile openTensor(const std::string &path) {
  std::unique_ptr<ByteSource> source = openFile(path);
  char start[2] = {};
  source->read(start, 2);
  source = openFile(path);
  if (start[0] == '\x93')
    return openNpy(std::move(source));
  if (!start[0] && !start[1])
    return openIdx(std::move(source));
  throw dataError(code::DataFormat, path, "is neither an .npy nor an IDX file",
                  "data sets in .npz and .csv files are named by --data");
}

namespace {

/// Scatters elements that arrive in column-major order to their row-major places.
class FortranScatter {
public:
  FortranScatter(const Shape &shape) : shape(shape), index(shape.size()), strides(shape.size()) {
    uint64_t stride = 1; // wraps for an empty tensor of large sizes, where no stride is used
    for (size_t i = shape.size(); i-- > 0; stride *= shape[i])
      strides[i] = static_cast<int64_t>(stride);
  }

  void put(const char *from, char *to, size_t size, int64_t count) {
    for (int64_t i = 0; i < count; ++i, from += size) {
      memcpy(to + offset * size, from, size);
      advance();
    }
  }

private:
  void advance() {
    for (size_t axis = 0; axis < index.size(); ++axis) {
      offset += strides[axis];
      if (++index[axis] < shape[axis])
        return;
      offset -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }

  const Shape &shape;
  std::vector<int64_t> index, strides;
  int64_t offset = 0;
};

} // namespace

/// The bytes of the elements in the file; an error when the file cannot hold them or the machine cannot hold the
/// result. Nothing is allocated before.
static int64_t checkSize(const TensorFile &file, DataType type) {
  const std::string &where = file.bytes->where;
  const TensorHeader &header = file.header;
  std::string declared = formatType(header.type, header.shape);
  std::optional<int64_t> count = elementCount(header.shape);
  uint64_t stored = saturatingMultiply(count.value_or(INT64_MAX), byteSize(header.type));
  uint64_t needed = saturatingMultiply(count.value_or(INT64_MAX), byteSize(type));
  if (!count || std::max(needed, stored) > machineMemory())
    throw dataError(code::DataTooLarge, where, "declares " + declared + ", more than this machine's memory");
  if (std::optional<uint64_t> remaining = file.bytes->remaining(); remaining && *remaining != stored)
    throw dataError(code::DataSize, where,
                    "declares " + declared + ", " + std::to_string(stored) + " bytes, but " +
                        std::to_string(*remaining) + " follow the header");
  return *count;
}

static void checkTruth(const std::vector<char> &chunk, int64_t count, int64_t first, const std::string &where) {
  for (int64_t i = 0; i < count; ++i)
    if (static_cast<unsigned char>(chunk[i]) > 1)
      throw dataError(code::DataTypeMismatch, where,
                      "holds the byte " + std::to_string(static_cast<unsigned char>(chunk[i])) + " as bool element " +
                          std::to_string(first + i) + "; only 0 and 1 are valid");
}

Tensor readTensor(TensorFile file, DataType type) {
  const std::string &where = file.bytes->where;
  const TensorHeader &header = file.header;
  int64_t count = checkSize(file, type);
  Tensor tensor;
  tensor.type = type;
  tensor.shape = header.shape;
  size_t fileSize = byteSize(header.type), size = byteSize(type);
  tensor.data.resize(count * size);
  constexpr int64_t chunkElements = 1 << 15;
  std::vector<char> raw(chunkElements * fileSize), converted(chunkElements * size);
  bool fortran = header.fortranOrder && header.shape.size() > 1;
  FortranScatter scatter(tensor.shape);
  for (int64_t first = 0; first < count; first += chunkElements) {
    int64_t elements = std::min(chunkElements, count - first);
    size_t got = file.bytes->read(raw.data(), elements * fileSize);
    if (got != elements * fileSize)
      throw dataError(code::DataSize, where,
                      "declares " + formatType(header.type, header.shape) + " but ends after " +
                          std::to_string(first + got / fileSize) + " elements");
    if (header.bigEndian)
      swapBytes(raw.data(), fileSize, elements);
    if (header.type == DataType::Bool)
      checkTruth(raw, elements, first, where);
    const char *values = raw.data();
    if (type != header.type) {
      if (auto failure = findUncastable(raw.data(), header.type, type, elements))
        throw dataError(code::DataTypeMismatch, where,
                        "element " + std::to_string(first + failure->index) + " is " + failure->value + ", which " +
                            name(type) + " cannot represent");
      convert(raw.data(), header.type, converted.data(), type, elements);
      values = converted.data();
    }
    if (fortran)
      scatter.put(values, tensor.data.data(), size, elements);
    else
      memcpy(tensor.data.data() + first * size, values, elements * size);
  }
  char extra;
  if (file.bytes->read(&extra, 1))
    throw dataError(code::DataSize, where,
                    "holds bytes after the " + std::to_string(count) + " elements that its header declares");
  return tensor;
}

} // namespace symc::host
