//===- Reader.cpp - Graphs as expressions ---------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Arithmetic, products and broadcasts become the algebra's own operations, in which formulas
// simplify. Any other op is written as a call with its name in graph files.
//
//===----------------------------------------------------------------------===//
#include "lib/Export/Formula/Reader.h"
#include "dialects/sym/Expr.h"
#include "dialects/sym/OpSchema.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>

using namespace mlir;
using namespace symc;
using namespace symc::formula;

void GraphReader::read(Block &block) {
  for (BlockArgument argument : block.getArguments())
    expressions[argument] = algebra.ref(names.lookup(argument), dimsOf(argument));
  for (Operation &op : block.without_terminator())
    readOp(&op);
}

Ex GraphReader::expressionOf(Value v) { return expressions.at(v); }

void GraphReader::readOp(Operation *op) {
  if (op->getNumResults() > 1) {
    for (auto [i, result] : llvm::enumerate(op->getResults())) {
      Ex whole = buildCall(op);
      expressions[result] = algebra.call("item", {whole}, {{"", std::to_string(i)}}, dimsOf(result));
    }
    return;
  }
  Value result = op->getResult(0);
  std::string name = names.lookup(result);
  if (kept.contains(result)) {
    expressions[result] = algebra.ref(name, dimsOf(result));
    return;
  }
  Ex e = build(op);
  if (e->operations > (name.empty() ? kUnnamedOperations : kInlineOperations)) {
    if (name.empty())
      name = "t" + std::to_string(definitions.size() + 1);
    definitions.push_back({name, e});
    e = algebra.ref(name, dimsOf(result));
  }
  expressions[result] = e;
}

Ex GraphReader::matrixOperand(Value v, bool transposed) {
  Ex x = expressionOf(v);
  if (!transposed)
    return x;
  if (x->shape.size() == 2)
    return algebra.transpose(x);
  Dims shape = x->shape;
  std::swap(shape[shape.size() - 1], shape[shape.size() - 2]);
  return algebra.call("swapaxes", {x}, {{"", "-1"}, {"", "-2"}}, shape);
}

/// The factor by which an exponent multiplies, when it is a small integer.
static std::optional<int> smallInteger(Ex e) {
  const Expr *x = e->kind == Kind::Broadcast ? e->args[0] : e;
  if (x->kind != Kind::Number || x->ratio.below != 1 || std::floor(x->ratio.above) != x->ratio.above ||
      std::fabs(x->ratio.above) > 64)
    return std::nullopt;
  return static_cast<int>(x->ratio.above);
}

Ex GraphReader::build(Operation *op) {
  Dims shape = dimsOf(op->getResult(0));
  auto operand = [&](unsigned i) { return expressionOf(op->getOperand(i)); };
  static const std::pair<StringRef, StringRef> relations[] = {{"equal", "=="},  {"not_equal", "!="},
                                                              {"less", "<"},    {"less_equal", "<="},
                                                              {"greater", ">"}, {"greater_equal", ">="}};
  for (auto &[mnemonic, relation] : relations)
    if (op->getName().stripDialect() == mnemonic)
      return algebra.compare(relation.str(), operand(0), operand(1), shape);
  return llvm::TypeSwitch<Operation *, Ex>(op)
      .Case([&](sym::AddOp) { return algebra.add({{{1, 1}, operand(0)}, {{1, 1}, operand(1)}}, shape); })
      .Case([&](sym::SubOp) { return algebra.add({{{1, 1}, operand(0)}, {{-1, 1}, operand(1)}}, shape); })
      .Case([&](sym::MulOp) { return algebra.mul({{operand(0), 1}, {operand(1), 1}}, shape); })
      .Case([&](sym::DivOp) { return algebra.mul({{operand(0), 1}, {operand(1), -1}}, shape); })
      .Case([&](sym::NegOp) { return algebra.scale({-1, 1}, operand(0)); })
      .Case([&](sym::SquareOp) { return algebra.mul({{operand(0), 2}}, shape); })
      .Case([&](sym::ReciprocalOp) { return algebra.mul({{operand(0), -1}}, shape); })
      .Case([&](sym::PowOp) {
        std::optional<int> power = smallInteger(operand(1));
        return power ? algebra.mul({{operand(0), *power}}, shape) : buildCall(op);
      })
      .Case([&](sym::MatmulOp matmul) {
        return algebra.matmul(matrixOperand(matmul.getA(), matmul.getTransposeA()),
                              matrixOperand(matmul.getB(), matmul.getTransposeB()), shape);
      })
      .Case([&](sym::TransposeOp transpose) {
        bool swaps = shape.size() == 2 && (!transpose.getAxes() || (*transpose.getAxes())[0] != 0);
        return swaps ? algebra.transpose(operand(0)) : shape.size() < 2 ? operand(0) : buildCall(op);
      })
      .Case([&](sym::BroadcastToOp) { return algebra.broadcast(operand(0), shape); })
      .Case([&](sym::ReshapeOp) { return algebra.reshape(operand(0), shape); })
      .Case([&](sym::SumOp sum) { return algebra.sum(operand(0), sum.getReducedAxes(), sum.getKeepdims(), shape); })
      .Case([&](sym::WhereOp) { return algebra.where(operand(0), operand(1), operand(2), shape); })
      // Checks its operand and turns negative numbers: in formulas labels are right.
      .Case([&](sym::LinearIndexOp index) { return index.getTuples() ? buildCall(op) : operand(0); })
      .Case([&](sym::SizeOp size) { return algebra.size(size.getSize().getExprs()[0]); })
      .Case([&](sym::ConstantOp constant) {
        if (std::optional<double> value = splatValue(constant))
          return algebra.broadcast(algebra.number(*value), shape);
        return algebra.ref(names.lookup(op->getResult(0)), shape);
      })
      .Default([&](Operation *) { return buildCall(op); });
}

//===----------------------------------------------------------------------===//
// Calls
//===----------------------------------------------------------------------===//

static std::string printNumber(double v) {
  if (std::floor(v) == v && std::fabs(v) < 1e15)
    return std::to_string(static_cast<int64_t>(v));
  char buffer[32];
  for (int digits = 6; digits <= 17; ++digits) {
    snprintf(buffer, sizeof buffer, "%.*g", digits, v);
    if (strtod(buffer, nullptr) == v)
      break;
  }
  return buffer;
}

static std::string printAttribute(Attribute attribute) {
  auto list = [](auto &&items, auto print) {
    std::vector<std::string> parts;
    for (auto item : items)
      parts.push_back(print(item));
    return parts.size() == 1 ? parts[0] : "(" + llvm::join(parts, ", ") + ")";
  };
  return llvm::TypeSwitch<Attribute, std::string>(attribute)
      .Case([](BoolAttr a) { return a.getValue() ? "True" : "False"; })
      .Case([](FloatAttr a) { return printNumber(a.getValueAsDouble()); })
      .Case([](StringAttr a) { return "'" + a.getValue().str() + "'"; })
      .Case([](TypeAttr a) { return "'" + printElementType(a.getValue()) + "'"; })
      .Case([&](DenseI64ArrayAttr a) {
        return list(a.asArrayRef(), [](int64_t v) { return std::to_string(v); });
      })
      .Case([&](ArrayAttr a) {
        return list(openInts(a), [](std::optional<int64_t> v) { return v ? std::to_string(*v) : std::string("None"); });
      })
      .Case([&](sym::DimsAttr a) { return list(a.getExprs(), [](AffineExpr e) { return printDim(e); }); })
      .Case([&](sym::PaddingAttr a) {
        if (a.getAmounts().empty())
          return "'" + sym::stringifyPaddingKind(a.getKind()).str() + "'";
        return list(a.getAmounts(), [](int64_t v) { return std::to_string(v); });
      })
      .Case([](IntegerAttr a) { return std::to_string(a.getInt()); })
      .Case([](sym::LayoutAttr a) { return "'" + sym::stringifyLayout(a.getValue()).str() + "'"; })
      .Default([](Attribute a) {
        std::string text;
        llvm::raw_string_ostream os(text);
        a.print(os, /*elideType=*/true);
        return "'" + text + "'";
      });
}

/// Whether the attribute has the value that it has when it is left out.
static bool isDefault(const AttrSchema &schema, Attribute attribute, const std::string &printed) {
  StringRef text = schema.defaultText;
  if (text.empty())
    return false;
  double value;
  if (isa<FloatAttr>(attribute) && !text.getAsDouble(value))
    return cast<FloatAttr>(attribute).getValueAsDouble() == value;
  if (isa<BoolAttr>(attribute))
    return cast<BoolAttr>(attribute).getValue() == (text == "true");
  return text.trim("\"").ltrim("{").rtrim("}") == StringRef(printed).trim("'") ||
         text.contains("::" + StringRef(printed).trim("'").str());
}

Ex GraphReader::buildCall(Operation *op) {
  StringRef mnemonic = op->getName().stripDialect();
  std::vector<Ex> args;
  for (Value operand : op->getOperands()) {
    Ex x = expressionOf(operand);
    // Elementwise functions broadcast by themselves, where another operand has the shape.
    if (isa<ScalarBodyOpInterface>(op) && x->kind == Kind::Broadcast && op->getNumOperands() > 1)
      x = x->args[0];
    args.push_back(x);
  }
  std::vector<std::pair<std::string, std::string>> attributes;
  if (const OpSchema *schema = findOpSchema(mnemonic)) {
    for (const AttrSchema &entry : schema->attributes)
      if (Attribute value = op->getAttr(entry.name)) {
        std::string printed = printAttribute(value);
        // The last axis by its number is the last axis by default.
        bool last = entry.defaultText.trim("{}") == "-1" && op->getNumOperands() > 0 &&
                    printed == std::to_string(dimsOf(op->getOperand(0)).size() - 1);
        if (!last && !isDefault(entry, value, printed))
          attributes.push_back({entry.name.str(), printed});
      }
  } else {
    // Of internal ops steps of 1 and the like say nothing.
    for (NamedAttribute entry : op->getAttrDictionary())
      if (std::string printed = printAttribute(entry.getValue());
          printed.find_first_not_of("(1, )") != std::string::npos)
        attributes.push_back({entry.getName().str(), printed});
  }
  Dims shape = dimsOf(op->getResult(0));
  if (!isa<ScalarBodyOpInterface>(op) || args.empty())
    return algebra.call(mnemonic.str(), args, attributes, shape);
  Dims natural = broadcastShape(args);
  return algebra.broadcast(algebra.call(mnemonic.str(), args, attributes, natural), shape);
}

//===----------------------------------------------------------------------===//
// Definitions
//===----------------------------------------------------------------------===//

std::vector<std::pair<std::string, Ex>> GraphReader::definitionsFor(ArrayRef<Ex> roots) const {
  llvm::StringSet<> used;
  llvm::DenseSet<Ex> seen;
  auto collect = [&](Ex root) {
    SmallVector<Ex> stack{root};
    while (!stack.empty()) {
      Ex e = stack.pop_back_val();
      if (!seen.insert(e).second)
        continue;
      if (e->kind == Kind::Ref)
        used.insert(e->text);
      llvm::append_range(stack, e->args);
    }
  };
  for (Ex root : roots)
    collect(root);
  // A definition refers to earlier ones only.
  std::vector<std::pair<std::string, Ex>> result;
  for (auto &[name, e] : llvm::reverse(definitions))
    if (used.contains(name)) {
      collect(e);
      result.insert(result.begin(), {name, e});
    }
  return result;
}
