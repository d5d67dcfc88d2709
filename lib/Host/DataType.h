//===- DataType.h - Element types of data and their conversions -----------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_HOST_DATATYPE_H
#define SYMC_HOST_DATATYPE_H

#include "lib/Support/ElementTypes.h"
#include "symc/runtime.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace symc::host {

using Shape = std::vector<int64_t>;

/// The element types that data can have; the names are those of the graph file.
using DataType = ElementType;

std::optional<DataType> fromDlpack(DLDataType type);
DLDataType toDlpack(DataType type);
const char *name(DataType type);
inline bool isFloat(DataType type) { return isFloating(type); }
inline bool isNumeric(DataType type) { return type != DataType::Bool; }

/// "f32[100, 2]"
std::string formatType(DataType type, const Shape &shape);

/// Number of elements; nullopt when that wraps 63 bits.
std::optional<int64_t> elementCount(const Shape &shape);

/// Why element `index` of a conversion cannot be represented.
struct ConversionFailure {
  int64_t index;
  std::string value;
};

/// Converts `count` elements: to floating types with rounding, to integers exactly up to a cut fraction, to bool as
/// "not zero". A value outside the target's range (or NaN to an integer) is a failure.
std::optional<ConversionFailure> convert(const void *from, DataType fromType, void *to, DataType toType, int64_t count);

/// The first of `count` elements that a cast of data refuses: a finite number that becomes an infinity, one with a
/// fraction where the target is an integer, what is neither 0 nor 1 where it is bool, and what convert() refuses.
std::optional<ConversionFailure> findUncastable(const void *from, DataType fromType, DataType toType, int64_t count);

/// to[i] = T(from[i]) * T(scale), the path from bytes to a batch. `toType` is numeric.
void expandBytes(const uint8_t *from, void *to, DataType toType, int64_t count, double scale);

/// data[i] *= scale in the data's own type, which is floating.
void scaleInPlace(void *data, DataType type, int64_t count, double scale);

/// Reverses the bytes of each element.
void swapBytes(void *data, size_t elementSize, int64_t count);

} // namespace symc::host

#endif // SYMC_HOST_DATATYPE_H
