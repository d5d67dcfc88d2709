//===- SyntheticInputs.cpp - Inputs that are made up ----------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/SyntheticInputs.h"

#include <algorithm>

namespace symc::host {

void SyntheticNumbers::fill(void *data, DataType type, int64_t count, int64_t bound) {
  char *to = static_cast<char *>(data);
  for (int64_t e = 0; e < count; ++e, to += byteSize(type)) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    double unit = (static_cast<double>(state >> 40) + 0.5) / 16777216.0;
    int64_t whole = static_cast<int64_t>(state >> 40) % (type == DataType::Bool ? std::min<int64_t>(bound, 2) : bound);
    if (isFloat(type))
      convert(&unit, DataType::F64, to, type, 1);
    else
      convert(&whole, DataType::I64, to, type, 1);
  }
}

} // namespace symc::host
