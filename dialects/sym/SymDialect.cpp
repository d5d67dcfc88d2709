//===- SymDialect.cpp - Dialect, attributes, enums ------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/DimStorage.h"
#include "dialects/sym/Roles.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/CRC.h"

using namespace mlir;
using namespace symc;
using namespace symc::sym;

#include "dialects/sym/SymDialect.cpp.inc"
#include "dialects/sym/SymEnums.cpp.inc"
#include "dialects/sym/SymInterfaces.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/sym/SymAttributes.cpp.inc"

void SymDialect::initialize() {
  addAttributes<Dim,
#define GET_ATTRDEF_LIST
#include "dialects/sym/SymAttributes.cpp.inc"
                >();
  addOperations<
#define GET_OP_LIST
#include "dialects/sym/SymOps.cpp.inc"
      >();
}

Operation *SymDialect::materializeConstant(OpBuilder &b, Attribute value, Type type, Location loc) {
  auto elements = dyn_cast<ElementsAttr>(value);
  return elements && elements.getType() == type ? ConstantOp::create(b, loc, type, elements) : nullptr;
}

/// What is of another type would be taken for an argument or result that says nothing.
static LogicalResult verifySignature(Operation *op, NamedAttribute attribute) {
  if (attribute.getName() == kRoleAttr && !isa<RoleAttr>(attribute.getValue()))
    return op->emitOpError() << "has " << kRoleAttr << " = " << attribute.getValue() << ", which is no #sym.role";
  if (attribute.getName() == kNameAttr && !isa<StringAttr>(attribute.getValue()))
    return op->emitOpError() << "has " << kNameAttr << " = " << attribute.getValue() << ", which is no string";
  return success();
}
LogicalResult SymDialect::verifyRegionArgAttribute(Operation *op, unsigned, unsigned, NamedAttribute attribute) {
  return verifySignature(op, attribute);
}
LogicalResult SymDialect::verifyRegionResultAttribute(Operation *op, unsigned, unsigned, NamedAttribute attribute) {
  return verifySignature(op, attribute);
}

//===----------------------------------------------------------------------===//
// #sym.dims<batch, 2*len + 1>; floor division is a word, since MLIR reads // as a comment
//===----------------------------------------------------------------------===//

Attribute DimsAttr::parse(AsmParser &parser, Type) {
  Dims exprs;
  auto one = [&]() -> ParseResult {
    FailureOr<Dim> expr = parseDim(parser);
    if (failed(expr))
      return failure();
    exprs.push_back(*expr);
    return success();
  };
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::LessGreater, one))
    return {};
  return get(parser.getContext(), exprs);
}

void DimsAttr::print(AsmPrinter &printer) const {
  printer << "<";
  llvm::interleaveComma(getExprs(), printer, [&](Dim e) { printer << printDim(e, " floordiv "); });
  printer << ">";
}

//===----------------------------------------------------------------------===//
// #sym.stream<"block/drop">
//===----------------------------------------------------------------------===//

uint32_t StreamAttr::getNumber() const { return llvm::crc32(llvm::arrayRefFromStringRef(getName())); }

StreamAttr StreamAttr::part(unsigned number) const {
  return number ? get(getContext(), (getName() + "#" + Twine(number)).str()) : *this;
}

StreamAttr StreamAttr::within(StringRef scope) const { return get(getContext(), (scope + "/" + getName()).str()); }

//===----------------------------------------------------------------------===//
// #sym.init<uniform, -0.5, 0.5>
//===----------------------------------------------------------------------===//

Attribute InitAttr::parse(AsmParser &parser, Type) {
  StringRef name;
  double numbers[2] = {0, 0};
  if (parser.parseLess() || parser.parseKeyword(&name))
    return {};
  std::optional<InitKind> kind = symbolizeInitKind(name);
  if (!kind)
    return parser.emitError(parser.getCurrentLocation(), "unknown initialiser '") << name << "'", Attribute();
  for (double &number : numbers)
    if (succeeded(parser.parseOptionalComma()) && parser.parseFloat(number))
      return {};
  if (parser.parseGreater())
    return {};
  return get(parser.getContext(), *kind, numbers[0], numbers[1]);
}

void InitAttr::print(AsmPrinter &printer) const {
  printer << "<" << stringifyInitKind(getKind());
  if (!getA().isZero() || !getB().isZero()) {
    printer << ", ";
    printer.printFloat(getA());
    printer << ", ";
    printer.printFloat(getB());
  }
  printer << ">";
}
