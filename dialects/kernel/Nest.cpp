//===- Nest.cpp - Loops over elements of buffers --------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/kernel/KernelOps.h"
#include "mlir/IR/DialectImplementation.h"

using namespace mlir;
using namespace symc;
using namespace symc::kernel;

//===----------------------------------------------------------------------===//
// [batch, 1] + 3
//===----------------------------------------------------------------------===//

static void print(AsmPrinter &printer, LinearAttr linear) {
  auto size = [&](Dim e) { printer << printDim(e, " floordiv "); };
  printer << "[";
  llvm::interleaveComma(linear.getCoefs(), printer, size);
  printer << "]";
  if (constantValue(linear.getBase()) != 0) {
    printer << " + ";
    size(linear.getBase());
  }
}

static LinearAttr parseLinear(AsmParser &parser) {
  Dims coefs;
  FailureOr<Dim> base = constantDim(parser.getContext(), 0);
  auto one = [&]() -> ParseResult {
    FailureOr<Dim> coef = parseDim(parser);
    if (failed(coef))
      return failure();
    coefs.push_back(*coef);
    return success();
  };
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, one) ||
      (succeeded(parser.parseOptionalPlus()) && failed(base = parseDim(parser))))
    return {};
  return LinearAttr::get(parser.getContext(), coefs, *base);
}

void LinearAttr::print(AsmPrinter &printer) const {
  printer << "<";
  ::print(printer, *this);
  printer << ">";
}

Attribute LinearAttr::parse(AsmParser &parser, Type) {
  LinearAttr linear;
  if (parser.parseLess() || !(linear = parseLinear(parser)) || parser.parseGreater())
    return {};
  return linear;
}

//===----------------------------------------------------------------------===//
// kernel.nest <batch, 10> [parallel, reduction] reads(%x[10, 1] : memref<?x10xf32>) writes(%s[1, 0] : memref<?xf32>)
//     neutral [0.0 : f32] { … } combine { … }
//===----------------------------------------------------------------------===//

namespace {
struct AccessParser {
  SmallVector<OpAsmParser::UnresolvedOperand> operands;
  SmallVector<Type> types;

  /// `%x[10, 1] + 3 : type`
  ParseResult parse(OpAsmParser &parser, SmallVectorImpl<Attribute> &places) {
    return parser.parseCommaSeparatedList(AsmParser::Delimiter::Paren, [&]() -> ParseResult {
      LinearAttr place;
      if (parser.parseOperand(operands.emplace_back()) || !(place = parseLinear(parser)) ||
          parser.parseColonType(types.emplace_back()))
        return failure();
      places.push_back(place);
      return success();
    });
  }
};
} // namespace

ParseResult NestOp::parse(OpAsmParser &parser, OperationState &state) {
  auto domain = dyn_cast_or_null<sym::DimsAttr>(sym::DimsAttr::parse(parser, {}));
  SmallVector<Attribute> iterators, places;
  auto iterator = [&]() -> ParseResult {
    StringRef name;
    if (parser.parseKeyword(&name))
      return failure();
    std::optional<Iterator> kind = symbolizeIterator(name);
    if (!kind)
      return parser.emitError(parser.getCurrentLocation(), "no iterator kind: ") << name;
    iterators.push_back(IteratorAttr::get(parser.getContext(), *kind));
    return success();
  };
  if (!domain || parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, iterator))
    return failure();
  Builder &b = parser.getBuilder();
  AccessParser reads, writes;
  if ((succeeded(parser.parseOptionalKeyword("reads")) && reads.parse(parser, places)) ||
      parser.parseKeyword("writes") || writes.parse(parser, places))
    return failure();
  if (succeeded(parser.parseOptionalKeyword("bound"))) {
    auto bound = dyn_cast_or_null<BoundAttr>(BoundAttr::parse(parser, {}));
    if (!bound)
      return failure();
    state.addAttribute(getBoundAttrName(state.name), bound);
  }
  ArrayAttr neutral;
  if (succeeded(parser.parseOptionalKeyword("neutral")) &&
      parser.parseAttribute(neutral, getNeutralAttrName(state.name), state.attributes))
    return failure();
  state.addAttribute(getDomainAttrName(state.name), domain);
  state.addAttribute(getIteratorsAttrName(state.name), b.getArrayAttr(iterators));
  state.addAttribute(getPlacesAttrName(state.name), b.getArrayAttr(places));
  state.addAttribute(getOperandSegmentSizesAttrName(state.name),
                     b.getDenseI32ArrayAttr(
                         {static_cast<int32_t>(reads.operands.size()), static_cast<int32_t>(writes.operands.size())}));
  if (parser.parseOptionalAttrDictWithKeyword(state.attributes) || parser.parseRegion(*state.addRegion()))
    return failure();
  while (succeeded(parser.parseOptionalKeyword("combine")))
    if (parser.parseRegion(*state.addRegion()))
      return failure();
  llvm::SMLoc at = parser.getCurrentLocation();
  return failure(parser.resolveOperands(reads.operands, reads.types, at, state.operands) ||
                 parser.resolveOperands(writes.operands, writes.types, at, state.operands));
}

void NestOp::print(OpAsmPrinter &printer) {
  printer << ' ';
  getDomain().print(printer);
  printer << " [";
  llvm::interleaveComma(getIterators().getAsRange<IteratorAttr>(), printer,
                        [&](IteratorAttr iterator) { printer << stringifyIterator(iterator.getValue()); });
  printer << "]";
  auto accesses = [&](StringRef name, OperandRange buffers, unsigned first) {
    printer << ' ' << name << "(";
    llvm::interleaveComma(llvm::enumerate(buffers), printer, [&](auto buffer) {
      printer << buffer.value();
      ::print(printer, getPlace(first + buffer.index()));
      printer << " : " << buffer.value().getType();
    });
    printer << ")";
  };
  if (!getReads().empty())
    accesses("reads", getReads(), 0);
  accesses("writes", getWrites(), getReads().size());
  if (BoundAttr bound = getBoundAttr()) {
    printer << " bound ";
    bound.print(printer);
  }
  if (getNeutral())
    printer << " neutral " << getNeutralAttr();
  printer.printOptionalAttrDictWithKeyword(
      (*this)->getAttrs(), {getDomainAttrName(), getIteratorsAttrName(), getPlacesAttrName(), getBoundAttrName(),
                            getNeutralAttrName(), getOperandSegmentSizesAttrName()});
  printer << ' ';
  printer.printRegion(getBody());
  for (Region &combiner : getCombiners()) {
    printer << " combine ";
    printer.printRegion(combiner);
  }
}

LogicalResult NestOp::verifyRegions() {
  unsigned loops = getNumLoops();
  if (getIterators().size() != loops)
    return emitOpError("has ") << loops << " loops and the kinds of " << getIterators().size();
  if (getPlaces().size() != getNumOperands())
    return emitOpError("has ") << getNumOperands() << " buffers and " << getPlaces().size() << " places";
  for (auto place : getPlaces().getAsRange<LinearAttr>())
    if (place.getCoefs().size() != loops)
      return emitOpError("has a place with ") << place.getCoefs().size() << " coefficients";
  auto elementOf = [](Value buffer) { return cast<MemRefType>(buffer.getType()).getElementType(); };
  SmallVector<Type> arguments(loops, IndexType::get(getContext())), elements;
  llvm::append_range(arguments, llvm::map_range(getReads(), elementOf));
  llvm::append_range(elements, llvm::map_range(getWrites(), elementOf));
  if (getBody().getArgumentTypes() != TypeRange(arguments) || getYielded().getTypes() != TypeRange(elements))
    return emitOpError("arguments or results of its body differ from its loops and elements");
  bool reduces = llvm::any_of(llvm::seq(loops), [&](unsigned loop) { return isReduction(loop); });
  if (getNeutral().has_value() != !getCombiners().empty() || (reduces && getCombiners().empty()))
    return emitOpError("reduces without neutral elements and combiners");
  for (Region &region : getOperation()->getRegions())
    if (!isa<kernel::YieldOp>(region.front().getTerminator()))
      return emitOpError("has a region that does not end with kernel.yield");
  unsigned next = 0;
  for (Region &combiner : getCombiners()) {
    for (Operation &op : combiner.front())
      if (llvm::any_of(op.getOperands(), [&](Value v) { return v.getParentRegion() != &combiner; }))
        return emitOpError("has a combiner that reads more than accumulators and elements");
    TypeRange results = combiner.front().getTerminator()->getOperandTypes();
    SmallVector<Type> both(results);
    llvm::append_range(both, results);
    if (next + results.size() > elements.size() || combiner.getArgumentTypes() != TypeRange(both) ||
        results != TypeRange(ArrayRef(elements).slice(next, results.size())))
      return emitOpError("has a combiner of other types than its elements");
    next += results.size();
  }
  if (getNeutral() && (next != elements.size() || getNeutral()->size() != elements.size()))
    return emitOpError("has elements that no combiner takes");
  if (BoundAttr bound = getBoundAttr())
    if (bound.getLoop() >= loops || !isReduction(bound.getLoop()) || bound.getEnd().getCoefs().size() != loops)
      return emitOpError("has a bound of no loop that reduces");
  return success();
}
