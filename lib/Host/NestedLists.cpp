//===- NestedLists.cpp - Tensors as JSON ----------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/NestedLists.h"
#include "lib/Support/Json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace symc::host {

/// The elements from `at` on, which moves behind them, as lists from that axis on.
template <typename AnyJson, typename T>
static AnyJson listsFrom(const Tensor &tensor, const T *&at, size_t axis, int64_t &notFinite) {
  if (axis == tensor.shape.size()) {
    T value = *at++;
    if constexpr (std::is_floating_point_v<T>)
      notFinite += !std::isfinite(value);
    return tensor.type == DataType::Bool ? AnyJson(value != 0) : jsonNumber<AnyJson>(value);
  }
  AnyJson list = AnyJson::array();
  for (int64_t i = 0; i < tensor.shape[axis]; ++i)
    list.push_back(listsFrom<AnyJson>(tensor, at, axis + 1, notFinite));
  return list;
}

template <typename AnyJson, typename T> static AnyJson listsOf(const Tensor &tensor, int64_t &notFinite) {
  auto *at = reinterpret_cast<const T *>(tensor.data.data());
  return listsFrom<AnyJson>(tensor, at, 0, notFinite);
}

template <typename AnyJson> static AnyJson lists(const Tensor &tensor, int64_t &notFinite) {
  switch (tensor.type) {
  case DataType::F32:
    return listsOf<AnyJson, float>(tensor, notFinite);
  case DataType::F64:
    return listsOf<AnyJson, double>(tensor, notFinite);
  case DataType::I8:
    return listsOf<AnyJson, int8_t>(tensor, notFinite);
  case DataType::I16:
    return listsOf<AnyJson, int16_t>(tensor, notFinite);
  case DataType::I32:
    return listsOf<AnyJson, int32_t>(tensor, notFinite);
  case DataType::I64:
    return listsOf<AnyJson, int64_t>(tensor, notFinite);
  case DataType::U8:
  case DataType::Bool:
    return listsOf<AnyJson, uint8_t>(tensor, notFinite);
  case DataType::U16:
    return listsOf<AnyJson, uint16_t>(tensor, notFinite);
  case DataType::U32:
    return listsOf<AnyJson, uint32_t>(tensor, notFinite);
  case DataType::U64:
    return listsOf<AnyJson, uint64_t>(tensor, notFinite);
  case DataType::F16:
  case DataType::BF16: {
    Tensor wide;
    wide.type = DataType::F32;
    wide.shape = tensor.shape;
    int64_t count = elementCount(tensor.shape).value_or(0);
    wide.data.resize(count * sizeof(float));
    convert(tensor.data.data(), tensor.type, wide.data.data(), DataType::F32, count);
    return listsOf<AnyJson, float>(wide, notFinite);
  }
  }
  return nullptr;
}

template <typename AnyJson>
static std::string object(const std::vector<std::string> &names, const std::vector<Tensor> &tensors,
                          int64_t &notFinite) {
  AnyJson out = AnyJson::object();
  for (size_t i = 0; i < names.size(); ++i)
    out[names[i]] = lists<AnyJson>(tensors[i], notFinite);
  return jsonLine(out);
}

std::string nestedLists(const std::vector<std::string> &names, const std::vector<Tensor> &tensors, int64_t &notFinite) {
  bool wide = std::any_of(tensors.begin(), tensors.end(), [](const Tensor &t) { return t.type == DataType::F64; });
  return wide ? object<Json>(names, tensors, notFinite) : object<F32Json>(names, tensors, notFinite);
}

} // namespace symc::host
