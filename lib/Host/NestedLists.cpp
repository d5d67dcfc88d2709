//===- NestedLists.cpp - Tensors as JSON ----------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/NestedLists.h"
#include "lib/Host/ElementVisitor.h"
#include "lib/Support/Json.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace symc::host {

/// The elements from `at` on, which moves behind them, as lists from that axis on.
template <typename AnyJson, typename T>
static AnyJson lists(const Shape &shape, const T *&at, size_t axis, int64_t &notFinite) {
  if (axis == shape.size()) {
    Value<T> value = *at++;
    if constexpr (std::is_floating_point_v<Value<T>>)
      notFinite += !std::isfinite(value);
    if constexpr (std::is_same_v<T, Truth>)
      return AnyJson(value != 0);
    return jsonNumber<AnyJson>(value);
  }
  AnyJson list = AnyJson::array();
  for (int64_t i = 0; i < shape[axis]; ++i)
    list.push_back(lists<AnyJson>(shape, at, axis + 1, notFinite));
  return list;
}

template <typename AnyJson>
static std::string object(const std::vector<std::string> &names, const std::vector<Tensor> &tensors,
                          int64_t &notFinite) {
  AnyJson out = AnyJson::object();
  for (size_t i = 0; i < names.size(); ++i)
    out[names[i]] = visitElement(tensors[i].type, [&](auto element) {
      auto *at = reinterpret_cast<const decltype(element) *>(tensors[i].data.data());
      return lists<AnyJson>(tensors[i].shape, at, 0, notFinite);
    });
  return jsonLine(out);
}

std::string nestedLists(const std::vector<std::string> &names, const std::vector<Tensor> &tensors, int64_t &notFinite) {
  bool wide = std::any_of(tensors.begin(), tensors.end(), [](const Tensor &t) { return t.type == DataType::F64; });
  return wide ? object<Json>(names, tensors, notFinite) : object<F32Json>(names, tensors, notFinite);
}

} // namespace symc::host
