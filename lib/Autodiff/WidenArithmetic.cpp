//===- WidenArithmetic.cpp - f16 and bf16 compute in f32 ------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// An op on f16 becomes the op on f32 between conversions, so that its result is rounded once,
// whatever it is fused with, and no later stage knows arithmetic on 16 bits. Ops that only
// move elements stay. A number of the file among the attributes is an element, and rounded.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Expr.h"
#include "dialects/sym/OpSchema.h"
#include "dialects/sym/Uniform.h"
#include "lib/Autodiff/Passes.h"

namespace symc {
#define GEN_PASS_DEF_WIDENARITHMETICPASS
#include "lib/Autodiff/Passes.h.inc"
} // namespace symc

using namespace mlir;
using namespace symc;

namespace {
struct WidenArithmetic : symc::impl::WidenArithmeticPassBase<WidenArithmetic> {
  void runOnOperation() override {
    SmallVector<Operation *> narrow;
    getOperation().walk([&](Operation *op) {
      bool computes = isa_and_present<sym::SymDialect>(op->getDialect()) && op->getNumRegions() == 0 &&
                      !op->hasTrait<OpTrait::IsTerminator>() && !op->hasTrait<WithoutArithmetic>();
      if (computes && (llvm::any_of(op->getOperandTypes(), isNarrow) || llvm::any_of(op->getResultTypes(), isNarrow)))
        narrow.push_back(op);
    });
    for (Operation *op : narrow)
      widen(op);
  }

private:
  static bool isNarrow(Type type) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    return tensor && isNarrowFloat(tensor.getElementType());
  }
  static Value converted(OpBuilder &b, Location loc, Value x, Type element) {
    return convert(Tensor{b, loc, x}, element).value;
  }

  /// The conversion of a result to its own type. That may take a uniform number up to what it is below.
  static Value rounded(OpBuilder &b, Operation *op, Value wide, Type element) {
    Location loc = op->getLoc();
    Value value = converted(b, loc, wide, element);
    auto uniform = dyn_cast<sym::RandomUniformOp>(op);
    std::optional<double> limit = uniform ? uniformLimit(uniform.getLow(), uniform.getHigh(), element) : std::nullopt;
    if (!limit)
      return value;
    Tensor again{b, loc, converted(b, loc, value, elementOf(wide))};
    return converted(b, loc, minimum(again, *limit).value, element);
  }

  static void widen(Operation *op) {
    OpBuilder b(op);
    Location loc = op->getLoc();
    Type f32 = b.getF32Type();
    IRMapping mapping;
    for (Value operand : op->getOperands())
      if (isNarrow(operand.getType()) && !mapping.contains(operand))
        mapping.map(operand, converted(b, loc, operand, f32));
    Operation *wide = b.clone(*op, mapping);
    widenAttributes(wide, f32);
    for (auto [old, result] : llvm::zip_equal(op->getResults(), wide->getResults())) {
      if (isNarrow(old.getType())) {
        result.setType(withElement(old.getType(), f32));
        old.replaceAllUsesWith(rounded(b, op, result, elementOf(old)));
      } else {
        old.replaceAllUsesWith(result);
      }
    }
    op->erase();
  }

  /// Of an op that still has its old results.
  static void widenAttributes(Operation *op, Type f32) {
    const OpSchema *schema = findOpSchema(op->getName().stripDialect());
    Type element = elementOf(op->getResult(0));
    for (NamedAttribute attribute : op->getAttrs()) {
      auto type = dyn_cast<TypeAttr>(attribute.getValue());
      if (type && isNarrowFloat(type.getValue()))
        op->setAttr(attribute.getName(), TypeAttr::get(f32));
      if (!schema || !isNarrowFloat(element) || !Number::classof(attribute.getValue()))
        continue;
      const auto *known = llvm::find_if(schema->attributes,
                                        [&](const AttrSchema &a) { return a.name == attribute.getName().getValue(); });
      if (known == schema->attributes.end() || known->kind != AttrKind::Number)
        continue;
      double rounded = cast<FloatAttr>(Number(cast<TypedAttr>(attribute.getValue())).as(element)).getValueAsDouble();
      op->setAttr(attribute.getName(), Builder(op->getContext()).getF64FloatAttr(rounded));
    }
  }
};
} // namespace
