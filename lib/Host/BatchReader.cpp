//===- BatchReader.cpp - Examples gathered into input tensors -------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/Dataset.h"

#include <cstring>

namespace symc::host {

BatchReader::BatchReader(const Dataset &data, const symc_function &function, int64_t capacity) {
  for (int32_t i = 0; i < function.input_count; ++i) {
    Input input;
    input.column = &data.column(function.inputs[i].name);
    const Column &column = *input.column;
    input.shape = column.tensor.shape;
    int64_t rows = column.batched ? capacity : 1;
    input.buffer.resize(rows * column.rowElements * byteSize(column.type));
    if (!column.batched)
      copyRows(input, 0, column.tensor.data.data(), 1);
    inputs.push_back(std::move(input));
  }
  for (Input &input : inputs)
    tensors.push_back(view(input.buffer.data(), input.column->type, input.shape));
}

void BatchReader::copyRows(Input &input, int64_t at, const char *from, int64_t rows) {
  const Column &column = *input.column;
  size_t size = byteSize(column.type);
  int64_t elements = rows * column.rowElements;
  char *to = input.buffer.data() + at * column.rowElements * size;
  if (column.tensor.type == column.type && (column.type != DataType::U8 || column.scale == 1))
    memcpy(to, from, elements * size);
  else
    expandBytes(reinterpret_cast<const uint8_t *>(from), to, column.type, elements, column.scale);
}

const std::vector<DLTensor> &BatchReader::gather(const int64_t *rows, int64_t count) {
  for (size_t i = 0; i < inputs.size(); ++i) {
    Input &input = inputs[i];
    if (!input.column->batched)
      continue;
    const Tensor &tensor = input.column->tensor;
    int64_t rowBytes = input.column->rowElements * byteSize(tensor.type);
    for (int64_t r = 0; r < count; ++r)
      copyRows(input, r, tensor.data.data() + rows[r] * rowBytes, 1);
    input.shape[0] = count;
    tensors[i].data = input.buffer.data();
  }
  return tensors;
}

const std::vector<DLTensor> &BatchReader::slice(int64_t first, int64_t count) {
  for (size_t i = 0; i < inputs.size(); ++i) {
    Input &input = inputs[i];
    if (!input.column->batched)
      continue;
    const Tensor &tensor = input.column->tensor;
    const char *from = tensor.data.data() + first * input.column->rowElements * byteSize(tensor.type);
    input.shape[0] = count;
    if (tensor.type == input.column->type) {
      tensors[i].data = const_cast<char *>(from); // inputs are only read
    } else {
      copyRows(input, 0, from, count);
      tensors[i].data = input.buffer.data();
    }
  }
  return tensors;
}

} // namespace symc::host
