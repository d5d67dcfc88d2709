//===- Layers.cpp - Layers that can make their parameters -----------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Layers.h"
#include "dialects/sym/Build.h"
#include "dialects/sym/Check.h"
#include "dialects/sym/Contraction.h"
#include <cmath>

using namespace mlir;
using namespace symc;
using namespace symc::sym;

Attribute symc::glorotUniform(MLIRContext *context, double fanIn, double fanOut) {
  double limit = std::sqrt(6.0 / std::max(fanIn + fanOut, 1.0));
  return InitAttr::get(context, InitKind::uniform, -limit, limit);
}

Value symc::applyActivation(OpBuilder &b, Location loc, std::optional<StringRef> name, Value x) {
  if (!name)
    return x;
  OperationState state(loc, ("sym." + *name).str());
  state.addOperands(x);
  state.addTypes(x.getType());
  return b.create(state)->getResult(0);
}

LogicalResult symc::checkActivation(std::optional<Location> loc, std::optional<StringRef> name, Type element) {
  if (name && !isa<FloatType>(element))
    return emitOptionalError(loc, "S0304: the activation '", *name, "' needs floating elements, not ",
                             printElementType(element));
  return success();
}

FailureOr<int64_t> symc::staticSize(std::optional<Location> loc, Type tensor, unsigned axis) {
  if (std::optional<int64_t> size = constantValue(dimOf(tensor, axis)))
    return *size;
  return LogicalResult(emitOptionalError(loc, "S0308: the parameters of a layer need a known number of features, not '",
                                         printDim(dimOf(tensor, axis)), "' of ", printType(tensor)));
}

LogicalResult symc::checkLayerInput(Location loc, StringRef op, ArrayRef<RankedTensorType> operands) {
  if (operands.empty())
    return emitError(loc, "S0309: ") << op << " needs an input";
  if (!isa<FloatType>(operands[0].getElementType()))
    return emitError(loc, "S0304: ") << op << " makes parameters for floating inputs only, not "
                                     << printType(operands[0])
                                     << "; hint: cast(…, 'f32') makes floating numbers; numbers of classes become "
                                        "vectors by one_hot or embedding";
  return success();
}

//===----------------------------------------------------------------------===//
// dense
//===----------------------------------------------------------------------===//

LogicalResult DenseOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, ValueRange operands,
                                        DictionaryAttr attributes, OpaqueProperties properties, RegionRange regions,
                                        SmallVectorImpl<Type> &types) {
  Adaptor op(operands, attributes, properties, regions);
  Type x = op.getX().getType(), kernel = op.getKernel().getType();
  Dims dims = dimsOf(x);
  if (failed(checkElements(loc, "dense", operands)))
    return failure();
  if (dims.empty())
    return emitOptionalError(loc, "S0302: dense needs an input with features, not ", printType(x));
  if (failed(checkRank(loc, "the kernel of dense", kernel, 2)))
    return failure();
  if (dims.back() != dimOf(kernel, 0))
    return emitOptionalError(loc, "S0301: the kernel of dense takes ", printDim(dimOf(kernel, 0)),
                             " features, but the input ", printType(x), " has ", printDim(dims.back()));
  Dim units = dimOf(kernel, 1);
  if (op.getUnits() && constantValue(units) != static_cast<int64_t>(*op.getUnits()))
    return emitOptionalError(loc, "S0315: 'units' is ", static_cast<int64_t>(*op.getUnits()), ", but the kernel is ",
                             printType(kernel));
  if (op.getBias() && !op.getUseBias())
    return emitOptionalError(loc, "S0315: a bias is given, but 'use_bias' is false");
  if (op.getBias() && failed(checkShape(loc, "the bias of dense", op.getBias().getType(), {units})))
    return failure();
  if (failed(checkActivation(loc, op.getActivation(), elementOf(op.getX()))))
    return failure();
  dims.back() = units;
  types.push_back(tensorType(dims, elementOf(op.getX())));
  return success();
}

FailureOr<SmallVector<LayerParameter>> DenseOp::getLayerParameters(Location loc, DictionaryAttr attributes,
                                                                   ArrayRef<RankedTensorType> operands) {
  auto op = attributesOf<DenseOp>(loc, attributes);
  if (failed(op))
    return failure();
  SmallVector<LayerParameter> made;
  if (operands.size() >= 2)
    return made; // a layer that is given its kernel makes nothing
  if (failed(checkLayerInput(loc, "dense", operands)))
    return failure();
  Type x = operands[0], element = operands[0].getElementType();
  MLIRContext *context = loc.getContext();
  if (!op->getUnits())
    return mlir::emitError(loc, "S0311: dense needs 'units' or a kernel");
  auto units = static_cast<int64_t>(*op->getUnits());
  if (units < 1)
    return mlir::emitError(loc, "S0306: 'units' must be 1 or more, not ") << units;
  if (operands[0].getRank() == 0)
    return mlir::emitError(loc, "S0302: dense needs an input with features, not ") << printType(x);
  FailureOr<int64_t> features = symc::staticSize(loc, x, operands[0].getRank() - 1);
  if (failed(features))
    return failure();
  made.push_back({"kernel", RankedTensorType::get({*features, units}, element),
                  glorotUniform(context, static_cast<double>(*features), static_cast<double>(units))});
  if (op->getUseBias())
    made.push_back({"bias", RankedTensorType::get({units}, element), InitAttr::get(context, InitKind::zeros)});
  return made;
}

SmallVector<Value> DenseOp::decompose(OpBuilder &b) {
  // Rows in one axis up to the end: the bias and the activation belong to the product's kernel.
  Value out = multiply(b, getLoc(), flattenRows(b, getLoc(), getX()), getKernel());
  if (getBias())
    out = AddOp::create(b, getLoc(), out, broadcastLike(b, getLoc(), getBias(), out.getType()));
  return {reshapeLike(b, getLoc(), applyActivation(b, getLoc(), getActivation(), out), getType())};
}

#define GET_OP_CLASSES
#include "dialects/sym/Layers.cpp.inc"
