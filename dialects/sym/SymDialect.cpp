//===- SymDialect.cpp - Dialect, attributes, enums ------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
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
  addAttributes<
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

unsigned SymDialect::internDim(StringRef name) {
  auto [it, isNew] = dimNumbers.try_emplace(name, dimNames.size());
  if (isNew)
    dimNames.push_back(name.str());
  return it->second;
}

//===----------------------------------------------------------------------===//
// #sym.dims<batch, 2*len + 1>; floor division is a word, since MLIR reads // as a comment
//===----------------------------------------------------------------------===//

namespace {
/// Reads what printDim writes.
struct DimParser {
  AsmParser &parser;
  MLIRContext *context = parser.getContext();

  FailureOr<AffineExpr> atom() {
    int64_t value;
    OptionalParseResult number = parser.parseOptionalInteger(value);
    if (number.has_value())
      return succeeded(*number) ? FailureOr<AffineExpr>(constantDim(context, value)) : FailureOr<AffineExpr>();
    if (succeeded(parser.parseOptionalLParen())) {
      FailureOr<AffineExpr> inner = sum();
      return failed(inner) || parser.parseRParen() ? FailureOr<AffineExpr>() : inner;
    }
    StringRef name;
    std::string text;
    if (succeeded(parser.parseOptionalString(&text)))
      return symbolDim(context, text);
    if (parser.parseKeyword(&name))
      return failure();
    return symbolDim(context, name);
  }
  FailureOr<AffineExpr> term() {
    FailureOr<AffineExpr> left = atom();
    while (succeeded(left)) {
      bool times = succeeded(parser.parseOptionalStar());
      if (!times && failed(parser.parseOptionalKeyword("floordiv")))
        return left;
      FailureOr<AffineExpr> right = atom();
      if (failed(right))
        return failure();
      left = AffineExpr(times ? Size(*left) * *right : Size(*left).floorDiv(*right));
    }
    return left;
  }
  FailureOr<AffineExpr> sum() {
    FailureOr<AffineExpr> left = term();
    while (succeeded(left)) {
      bool plus = succeeded(parser.parseOptionalPlus());
      if (!plus && failed(parser.parseOptionalMinus()))
        return left;
      FailureOr<AffineExpr> right = term();
      if (failed(right))
        return failure();
      left = AffineExpr(plus ? Size(*left) + *right : Size(*left) - *right);
    }
    return left;
  }
};
} // namespace

FailureOr<AffineExpr> symc::parseDim(AsmParser &parser) {
  FailureOr<AffineExpr> expr = DimParser{parser}.sum();
  if (failed(expr))
    return failure();
  expr = canonical(*expr);
  if (isOverflown(*expr))
    return parser.emitError(parser.getCurrentLocation(), "S0318: a size does not fit in 63 bits");
  return expr;
}

Attribute DimsAttr::parse(AsmParser &parser, Type) {
  Dims exprs;
  auto one = [&]() -> ParseResult {
    FailureOr<AffineExpr> expr = parseDim(parser);
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
  llvm::interleaveComma(getExprs(), printer, [&](AffineExpr e) { printer << printDim(e, " floordiv "); });
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
