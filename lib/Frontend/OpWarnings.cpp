//===- OpWarnings.cpp - Ops that are allowed and hardly meant -------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// What has a meaning, and so is no error, but is nearly always a mistake of who wrote it.
//
//===----------------------------------------------------------------------===//

#include "lib/Frontend/ImportContext.h"

using namespace mlir;
using namespace symc;

/// Says it once where functions without types are built for several calls.
void OpMaker::warn(TextRange range, std::string_view code, std::string message, Reporter::More more) {
  if (warned.insert({range.begin, ref(code)}).second)
    context.report.warning(range, code, std::move(message), std::move(more));
}

//===----------------------------------------------------------------------===//
// [batch, 1] beside [batch]
//===----------------------------------------------------------------------===//

/// Whether `value` was given its axis of size 1 where it was made: `x[:, None]`, expand_dims, a reshape to a greater
/// rank, a reduction that keeps its axes.
static bool hasWrittenAxis(Value value) {
  Operation *op = value.getDefiningOp();
  if (isa_and_nonnull<sym::ReshapeOp, sym::ExpandDimsOp>(op))
    return dimsOf(op->getOperand(0)).size() < dimsOf(value).size();
  const OpSchema *schema = op ? findOpSchema(op->getName().stripDialect()) : nullptr;
  return schema && llvm::any_of(schema->attributes, [&](const AttrSchema &attribute) {
           auto keeps = op->getAttrOfType<BoolAttr>(attribute.name);
           return attribute.name == "keepdims" && keeps && keeps.getValue();
         });
}

/// Operands of [n, 1] and [n] have a result of [n, n]: the lower rank is aligned at the end, so that each element of
/// one meets all of the other. Where all pairs are meant, whoever writes it gives one of the operands the axis.
void OpMaker::warnOfPairs(ArrayRef<Operand> operands, size_t rank, const OpPlace &place) {
  auto sizeAt = [&](const Operand &operand, size_t axis) -> Dim {
    Dims dims = dimsOf(operand.value);
    return axis + dims.size() < rank ? Dim() : dims[axis + dims.size() - rank];
  };
  for (const Operand &low : operands)
    for (const Operand &high : operands) {
      size_t lowRank = dimsOf(low.value).size(), padded = rank - lowRank;
      if (lowRank == 0 || dimsOf(high.value).size() != rank || hasWrittenAxis(high.value))
        continue;
      for (size_t axis = padded; axis < rank; ++axis) {
        Dim size = sizeAt(low, axis);
        bool twice = llvm::any_of(llvm::seq(padded), [&](size_t i) { return sizeAt(high, i) == size; });
        if (constantValue(size) || !isOne(sizeAt(high, axis)) || !twice)
          continue;
        Dims result = dimsOf(high.value);
        for (size_t i = padded; i < rank; ++i)
          if (isOne(result[i]))
            result[i] = sizeAt(low, i);
        Type lowType = low.value.getType(), highType = high.value.getType();
        std::string text = "…";
        if (std::string_view name = context.textOf(low.range); place.inExpression && isIdentifier(name))
          text = std::string(name);
        Reporter::More more;
        if (place.inExpression) {
          more.hint = "`" + text + (lowRank == 1 ? "[:, None]" : "[..., None]") +
                      "` pairs them one to one; where all with all is meant, `" + text +
                      (lowRank == 1 ? "[None, :]" : "[None]") + "` says so";
          more.notes.push_back(context.report.note(high.range, "this is " + printType(highType)));
        } else {
          more.hint = "'expand_dims' of " + printType(lowType) +
                      " at its end pairs them one to one; where all with all is meant, at its beginning says so";
        }
        warn(place.inExpression ? low.range : place.op, code::AllPairs,
             printType(highType) + " and " + printType(lowType) + " broadcast to " +
                 printType(tensorType(result, elementOf(low.value))) + ", all with all",
             std::move(more));
        return;
      }
    }
}

//===----------------------------------------------------------------------===//
// Probabilities instead of logits
//===----------------------------------------------------------------------===//

/// The op that made probabilities, or their logarithms, of a value; "" where none did.
static StringRef normalizerBehind(Value value) {
  Operation *op = value.getDefiningOp();
  while (isa_and_nonnull<sym::ReshapeOp, sym::CastOp>(op))
    op = op->getOperand(0).getDefiningOp();
  if (!op)
    return "";
  StringRef name = op->getName().stripDialect();
  const OpSchema *schema = findOpSchema(name);
  if (!schema)
    return "";
  for (const AttrSchema &attribute : schema->attributes)
    if (attribute.kind == AttrKind::ActivationName && attribute.defaultText.empty()) // the last thing that a layer does
      if (auto activation = op->getAttrOfType<StringAttr>(attribute.name))
        name = activation.getValue();
  return llvm::is_contained({"softmax", "log_softmax", "sigmoid", "hard_sigmoid"}, name) ? name : "";
}

void OpMaker::warnOfProbabilities(const OpSchema &schema, ArrayRef<Operand> operands, const OpPlace &place) {
  for (auto [operand, slot] : llvm::zip(operands, schema.operands)) {
    if (slot.name != "logits" && slot.name != "log_probabilities")
      continue;
    bool logarithms = slot.name == "log_probabilities";
    StringRef given = operand.value ? normalizerBehind(operand.value) : "";
    if (given.empty() || (logarithms && given == "log_softmax"))
      continue;
    std::string message = quoted(schema.mnemonic) + " takes " +
                          (logarithms ? "logarithms of probabilities" : "logits") + ", not what comes out of " +
                          quoted(given);
    std::string hint = logarithms ? "'log_softmax' gives logarithms"
                                  : "give it what " + quoted(given) + " is applied to: " + quoted(schema.mnemonic) +
                                        " makes the probabilities itself";
    warn(place.inExpression ? operand.range : place.op, code::NotLogits, std::move(message), {std::move(hint), "", {}});
  }
}
