//===- Check.cpp - Checks that shape functions share ----------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Check.h"
#include <charconv>

using namespace mlir;
using namespace symc;

LogicalResult symc::checkElements(std::optional<Location> loc, StringRef op, ValueRange operands) {
  for (Value operand : operands)
    if (operand && elementOf(operand) != elementOf(operands[0]))
      return emitOptionalError(loc, "S0303: operands of ", op,
                               " have different element types: ", printType(operands[0].getType()), " and ",
                               printType(operand.getType()));
  return success();
}

LogicalResult symc::checkRank(std::optional<Location> loc, const Twine &what, Type tensor, int64_t rank) {
  if (cast<RankedTensorType>(tensor).getRank() == rank)
    return success();
  return emitOptionalError(loc, "S0302: ", what.str(), " must have ", rank,
                           rank == 1 ? " dimension, not " : " dimensions, not ", printType(tensor));
}

LogicalResult symc::checkShape(std::optional<Location> loc, const Twine &what, Type tensor, ArrayRef<Dim> dims,
                               StringRef hint) {
  if (sameDims(dimsOf(tensor), dims))
    return success();
  return emitOptionalError(loc, "S0301: ", what.str(), " must be ",
                           printType(tensorType(dims, cast<RankedTensorType>(tensor).getElementType())), ", not ",
                           printType(tensor), hint);
}

std::string symc::printNumber(double value) {
  char text[32];
  return std::string(text, std::to_chars(text, text + sizeof(text), value).ptr);
}

FailureOr<int64_t> symc::checkAxis(std::optional<Location> loc, int64_t axis, int64_t rank) {
  if (axis < -rank || axis >= rank)
    return LogicalResult(emitOptionalError(loc, "S0305: axis ", axis, " is out of range for rank ", rank));
  return axis < 0 ? axis + rank : axis;
}
