//===- Show.cpp - What a graph prints -------------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Host/Show.h"
#include "lib/Host/DataType.h"
#include "lib/Host/ElementVisitor.h"
#include "lib/Host/Errors.h"
#include "lib/Host/Progress.h"
#include "lib/Support/Text.h"

#include <cmath>

namespace symc::host {

static std::string written(double value) {
  if (std::isnan(value))
    return "nan"; // without the sign that some operations leave
  char text[32];
  snprintf(text, sizeof text, "%.8g", value);
  std::string number = text;
  return std::isfinite(value) && number.find_first_of(".e") == std::string::npos ? number + "." : number;
}
static std::string written(float value) { return written(static_cast<double>(value)); }
template <typename T> static std::string written(T value) { return std::to_string(value); }

namespace {
template <typename T> class Lines {
public:
  explicit Lines(const DLTensor &tensor) : tensor(tensor), whole(elementCount() <= 100) {}

  std::string run() {
    const auto *data = static_cast<const char *>(tensor.data) + tensor.byte_offset;
    add(0, reinterpret_cast<const T *>(data), elementCount());
    return std::move(text);
  }

private:
  int64_t elementCount() const {
    int64_t count = 1;
    for (int32_t axis = 0; axis < tensor.ndim; ++axis)
      count *= tensor.shape[axis];
    return count;
  }

  /// The elements from `at` on, `count` of them, as a list of those behind `axis`.
  void add(int32_t axis, const T *at, int64_t count) {
    if (axis == tensor.ndim) {
      if constexpr (std::is_same_v<T, Truth>)
        text += *at ? "True" : "False";
      else
        text += written(static_cast<Value<T>>(*at));
      return;
    }
    constexpr int64_t edge = 3;
    int64_t size = tensor.shape[axis], each = size ? count / size : 0;
    text += "[";
    for (int64_t i = 0; i < size; ++i) {
      if (!whole && size > 2 * edge && i == edge) {
        text += " ...";
        i = size - edge;
      }
      text += i ? " " : "";
      add(axis + 1, at + i * each, each);
    }
    text += "]";
  }

  const DLTensor &tensor;
  bool whole; // every element is shown
  std::string text;
};
} // namespace

std::string shown(const DLTensor &value) {
  std::optional<DataType> type = fromDlpack(value.dtype);
  if (!type)
    return "(elements of an unknown type)";
  return visitElement(*type, [&](auto element) { return Lines<decltype(element)>(value).run(); });
}

void showPrinted(void *, const char *label, const DLTensor *value) {
  std::string line = printable(label) + ": " + shown(*value);
  if (jsonDiagnostics()) {
    remark(code::Printed, line);
    return;
  }
  Progress::clear();
  say(line);
}

} // namespace symc::host
