//===- Results.cpp - Memory for the results of a function ----------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/Results.h"
#include "lib/Host/Tensor.h"

#include <algorithm>

namespace symc::host {

Results::Results(const Library &library, int32_t index, const std::vector<int64_t> &dims,
                 const std::optional<std::vector<int32_t>> &wanted)
    : function(library.function(index)), shapes(function.output_count), memory(function.output_count) {
  for (int32_t i = 0; i < function.output_count; ++i) {
    DataType type = typeOf(function.outputs[i]);
    shapes[i] = library.outputShape(index, i, dims);
    bool isWanted = !wanted || std::find(wanted->begin(), wanted->end(), i) != wanted->end();
    if (isWanted)
      memory[i].resize(elementCount(shapes[i]).value_or(0) * byteSize(type));
    views.push_back(view(memory[i].size() ? memory[i].data() : nullptr, type, shapes[i]));
  }
}

std::vector<double> Results::reals(int32_t result) const {
  std::vector<double> values(elementCount(shapes[result]).value_or(0));
  convert(memory[result].data(), typeOf(function.outputs[result]), values.data(), DataType::F64,
          static_cast<int64_t>(values.size()));
  return values;
}

} // namespace symc::host
