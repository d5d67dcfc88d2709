//===- Structure.cpp - Slots, fused regions -------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/SymOps.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace symc;
using namespace symc::sym;

/// The first slot of a module speaks for all: each of them looking at all others would be quadratic.
static LogicalResult verifyNames(Operation *slot) {
  auto isSlot = [](Operation &op) { return isa<ParameterOp, StateOp>(op); };
  Block &module = *slot->getBlock();
  if (&*llvm::find_if(module, isSlot) != slot)
    return success();
  llvm::StringSet<> names;
  for (Operation &op : llvm::make_filter_range(module, isSlot))
    if (auto name = op.getAttrOfType<StringAttr>("slot"); name && !names.insert(name.getValue()).second)
      return op.emitOpError() << name << " is declared before";
  return success();
}
LogicalResult ParameterOp::verify() { return verifyNames(*this); }
LogicalResult StateOp::verify() { return verifyNames(*this); }

LogicalResult YieldOp::verify() {
  if (!isa<FusedOp, ControlFlowOpInterface>((*this)->getParentOp()))
    return emitOpError("expects a fused region, a loop or a branch around it");
  return success();
}

// sym.fused "elementwise" (%a = %x : T, …) -> (T, …) { … sym.yield … }

ParseResult FusedOp::parse(OpAsmParser &parser, OperationState &result) {
  std::string kind;
  SmallVector<OpAsmParser::Argument> arguments;
  SmallVector<OpAsmParser::UnresolvedOperand> operands;
  SmallVector<Type> types;
  if (parser.parseString(&kind))
    return failure();
  std::optional<FusionKind> value = symbolizeFusionKind(kind);
  if (!value)
    return parser.emitError(parser.getNameLoc(), "unknown kind of fusion '") << kind << "'";
  result.addAttribute("kind", FusionKindAttr::get(parser.getContext(), *value));
  auto binding = [&]() -> ParseResult {
    if (parser.parseArgument(arguments.emplace_back()) || parser.parseEqual() ||
        parser.parseOperand(operands.emplace_back()) || parser.parseColonType(types.emplace_back()))
      return failure();
    arguments.back().type = types.back();
    return success();
  };
  SMLoc where = parser.getCurrentLocation();
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Paren, binding) ||
      parser.resolveOperands(operands, types, where, result.operands) || parser.parseArrowTypeList(result.types) ||
      parser.parseOptionalAttrDictWithKeyword(result.attributes))
    return failure();
  return parser.parseRegion(*result.addRegion(), arguments);
}

void FusedOp::print(OpAsmPrinter &printer) {
  printer << " \"" << stringifyFusionKind(getKind()) << "\" (";
  llvm::interleaveComma(llvm::zip_equal(getBody().getArguments(), getInputs()), printer, [&](auto pair) {
    printer << std::get<0>(pair) << " = " << std::get<1>(pair) << " : " << std::get<1>(pair).getType();
  });
  printer << ")";
  printer.printArrowTypeList(getOuts().getTypes());
  printer.printOptionalAttrDictWithKeyword((*this)->getAttrs(), {"kind"});
  printer << " ";
  printer.printRegion(getBody(), /*printEntryBlockArgs=*/false);
}

LogicalResult FusedOp::verify() {
  Block &body = getBody().front();
  if (body.getArgumentTypes() != getInputs().getTypes())
    return emitOpError("arguments of the region differ from the inputs");
  auto yield = dyn_cast<YieldOp>(body.getTerminator());
  if (!yield || yield.getValues().getTypes() != getOuts().getTypes())
    return emitOpError("yields other types than its results");
  return success();
}

#define GET_OP_CLASSES
#include "dialects/sym/Structure.cpp.inc"
