//===- Idx.cpp - The IDX format of the MNIST family -----------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Two zero bytes, a type, the number of dimensions, their sizes as big-endian
// 32-bit numbers, the elements in row-major order, big endian.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/Errors.h"
#include "lib/Host/Tensor.h"

#include <cstdio>

namespace symc::host {

TensorFile openIdx(std::unique_ptr<ByteSource> source) {
  unsigned char start[4];
  source->readExactly(start, 4, "the IDX header");
  if (start[0] || start[1])
    throw dataError(code::DataFormat, source->where, "is not an IDX file: it does not start with two zero bytes");
  TensorFile file;
  switch (start[2]) {
  case 0x08:
    file.header.type = DataType::U8;
    break;
  case 0x09:
    file.header.type = DataType::I8;
    break;
  case 0x0B:
    file.header.type = DataType::I16;
    break;
  case 0x0C:
    file.header.type = DataType::I32;
    break;
  case 0x0D:
    file.header.type = DataType::F32;
    break;
  case 0x0E:
    file.header.type = DataType::F64;
    break;
  default:
    char code[8];
    snprintf(code, sizeof code, "0x%02x", start[2]);
    throw dataError(code::DataElementType, source->where,
                    std::string("is not an IDX file: its element type is ") + code);
  }
  if (start[3] == 0 || start[3] > 32)
    throw dataError(code::DataFormat, source->where,
                    "is an IDX file of " + std::to_string(start[3]) + " dimensions; 1 to 32 are supported");
  for (int i = 0; i < start[3]; ++i) {
    unsigned char size[4];
    source->readExactly(size, 4, "the IDX header");
    file.header.shape.push_back(int64_t(size[0]) << 24 | size[1] << 16 | size[2] << 8 | size[3]);
  }
  file.header.bigEndian = byteSize(file.header.type) > 1;
  file.bytes = std::move(source);
  return file;
}

} // namespace symc::host
