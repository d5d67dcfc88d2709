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
#include "dialects/sym/Check.h"
#include "dialects/sym/NodeNames.h"
#include "dialects/sym/OpSchema.h"
#include "dialects/sym/Settled.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>

using namespace mlir;
using namespace symc;
using namespace symc::formula;

static bool isTruth(Value v) { return getElementTypeOrSelf(v.getType()).isInteger(1); }

void GraphReader::read(Block &block) {
  for (BlockArgument argument : block.getArguments())
    expressions[argument] = algebra.ref(names.graph.lookup(argument), dimsOf(argument), isTruth(argument));
  for (Operation &op : block.without_terminator())
    readOp(&op);
}

std::string GraphReader::fresh(StringRef wanted) {
  std::string stem = wanted.empty() ? "t" : wanted.str() + "_";
  size_t number = wanted.empty() ? scopes.back().definitions.size() + 1 : 2;
  std::string name = wanted.empty() ? stem + std::to_string(number++) : wanted.str();
  while (isTaken(name))
    name = stem + std::to_string(number++);
  scopes.back().names.insert(name);
  return name;
}

void GraphReader::settle(Value result, Ex e) {
  std::string name = graphName(result), local = localName(result);
  bool isNamed = !name.empty() || !local.empty();
  if (e->operations > (isNamed ? kInlineOperations : kUnnamedOperations)) {
    if (name.empty())
      name = fresh(local);
    define({name}, e);
    e = algebra.ref(name, dimsOf(result), e->truth);
  }
  expressions[result] = e;
}

void GraphReader::readOp(Operation *op) {
  if (auto scan = dyn_cast<sym::ScanOp>(op))
    return readScan(scan);
  if (auto loop = dyn_cast<sym::WhileOp>(op))
    return readWhile(loop);
  if (auto cond = dyn_cast<sym::CondOp>(op))
    return readCond(cond);
  if (op->getNumResults() > 1) {
    for (auto [i, result] : llvm::enumerate(op->getResults())) {
      Ex whole = buildCall(op);
      expressions[result] = algebra.call("item", {whole}, {{"", std::to_string(i)}}, dimsOf(result), isTruth(result));
    }
    return;
  }
  Value result = op->getResult(0);
  if (kept.contains(result))
    expressions[result] = algebra.ref(names.graph.lookup(result), dimsOf(result), isTruth(result));
  else
    settle(result, build(op));
}

Ex GraphReader::matrixOperand(Value v, bool isTransposed) {
  Ex x = expressionOf(v);
  return isTransposed ? transposed(x) : x;
}

Ex GraphReader::transposed(Ex x) {
  if (x->shape.size() == 2)
    return algebra.transpose(x);
  Dims shape = x->shape;
  std::swap(shape[shape.size() - 1], shape[shape.size() - 2]);
  return algebra.call("swapaxes", {x}, {{"", "-1"}, {"", "-2"}}, shape, x->truth);
}

/// The factor by which an exponent multiplies, when it is a small integer.
static std::optional<int> smallInteger(Ex e) {
  const Expr *x = e->kind == Kind::Broadcast ? e->args[0] : e;
  if (x->kind != Kind::Number || x->ratio.below != 1 || std::floor(x->ratio.above) != x->ratio.above ||
      std::fabs(x->ratio.above) > 64)
    return std::nullopt;
  return static_cast<int>(x->ratio.above);
}

/// det(a) * inv(a).T, which of an invertible matrix the cofactors are.
Ex GraphReader::cofactors(Ex a, const Dims &shape) {
  Dims stack(ArrayRef(shape).drop_back(2)), ones(stack);
  ones.append(2, constantDim(shape.front().getContext(), 1));
  Ex det = algebra.call("det", {a}, {}, stack), inverse = transposed(algebra.call("inv", {a}, {}, shape));
  return algebra.mul({{algebra.broadcast(algebra.reshape(det, ones), shape), 1}, {inverse, 1}}, shape);
}

static std::string printAttribute(Attribute attribute);

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
      // A truth is the number 0 or 1.
      .Case([&](sym::CastOp cast) {
        bool same = isTruth(op->getOperand(0)) && !isTruth(op->getResult(0));
        return same ? operand(0) : buildCall(op);
      })
      .Case([&](sym::WhereOp choice) {
        if (choice->hasAttr(kSettledAttr))
          return operand(1);
        return algebra.where(operand(0), operand(1), operand(2), shape);
      })
      .Case<sym::StopGradientOp, sym::AfterOp, sym::PrintOp>([&](Operation *) { return operand(0); })
      // Nothing depends on it.
      .Case([&](sym::UndefinedOp) { return algebra.broadcast(algebra.number(0), shape); })
      .Case([&](sym::CofactorsOp) { return cofactors(operand(0), shape); })
      .Case([&](sym::CofactorsGradOp op) {
        Ex a = operand(0), g = operand(1), inverse = transposed(algebra.call("inv", {a}, {}, shape));
        Ex c = cofactors(a, shape);
        int64_t rank = shape.size();
        Dims one(shape);
        one[rank - 2] = one[rank - 1] = constantDim(op.getContext(), 1);
        Ex trace = algebra.sum(algebra.mul({{g, 1}, {inverse, 1}}, shape), {rank - 2, rank - 1}, true, one);
        Ex product = algebra.matmul(algebra.matmul(inverse, transposed(g), shape), c, shape);
        Ex scaled = algebra.mul({{algebra.broadcast(trace, shape), 1}, {c, 1}}, shape);
        return algebra.add({{{1, 1}, scaled}, {{-1, 1}, product}}, shape);
      })
      // prod(x) / x is what a reader knows; the op itself divides by nothing.
      .Case([&](sym::ProductOfOthersOp op) {
        Dims kept(shape);
        for (int64_t axis : op.getAxis())
          kept[axis] = constantDim(op.getContext(), 1);
        bool all = op.getAxis().size() == shape.size();
        Ex x = operand(0),
           product = all ? algebra.call("prod", {x}, {}, {})
                         : algebra.call("prod", {x}, {{"axis", printAttribute(op.getAxisAttr())}, {"keepdims", "True"}},
                                        kept);
        return algebra.mul({{algebra.broadcast(product, shape), 1}, {x, -1}}, shape);
      })
      // Checks its operand and turns negative numbers: in formulas labels are right.
      .Case([&](sym::LinearIndexOp index) { return index.getTuples() ? buildCall(op) : operand(0); })
      .Case([&](sym::SizeOp size) { return algebra.size(size.getSize().getExprs()[0]); })
      .Case([&](sym::ConstantOp constant) {
        if (std::optional<double> value = splatValue(constant))
          return algebra.broadcast(algebra.number(*value), shape);
        // A copy in a body is called as the one in the graph.
        return algebra.ref(nodeName(op->getLoc()).str(), shape, isTruth(op->getResult(0)));
      })
      .Default([&](Operation *) { return buildCall(op); });
}

//===----------------------------------------------------------------------===//
// Calls
//===----------------------------------------------------------------------===//

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
      .Case([&](DenseI64ArrayAttr a) { return list(a.asArrayRef(), [](int64_t v) { return std::to_string(v); }); })
      .Case([&](ArrayAttr a) {
        return list(openBounds(a),
                    [](std::optional<Dim> bound) { return bound ? printDim(*bound) : std::string("None"); });
      })
      .Case([&](sym::DimsAttr a) { return list(a.getExprs(), [](Dim e) { return printDim(e); }); })
      .Case([&](sym::PaddingAttr a) {
        if (a.getAmounts().empty())
          return "'" + sym::stringifyPaddingKind(a.getKind()).str() + "'";
        return list(a.getAmounts(), [](int64_t v) { return std::to_string(v); });
      })
      .Case([](IntegerAttr a) { return Number(a).text(); })
      .Default([](Attribute a) {
        // An enumeration: #sym<reduction mean>.
        std::string text;
        llvm::raw_string_ostream os(text);
        a.print(os, /*elideType=*/true);
        StringRef word = StringRef(text).rtrim('>');
        return "'" + word.drop_front(word.find_last_of(" <") + 1).str() + "'";
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
  std::vector<Argument> attributes;
  auto add = [&](StringRef name, Attribute value, std::string printed) {
    attributes.push_back({name.str(), std::move(printed)});
    if (auto dims = dyn_cast<sym::DimsAttr>(value); dims && dims.getExprs().size() != 1)
      attributes.back().sizes = Dims(dims.getExprs());
  };
  if (const OpSchema *schema = findOpSchema(mnemonic)) {
    for (const AttrSchema &entry : schema->attributes)
      if (Attribute value = op->getAttr(entry.name)) {
        std::string printed = printAttribute(value);
        // The last axis by its number is the last axis by default.
        bool last = entry.defaultText.trim("{}") == "-1" && op->getNumOperands() > 0 &&
                    printed == std::to_string(dimsOf(op->getOperand(0)).size() - 1);
        if (!last && !isDefault(entry, value, printed))
          add(entry.name, value, printed);
      }
  } else {
    // Of internal ops steps and groups of 1 say nothing.
    for (NamedAttribute entry : op->getAttrDictionary()) {
      StringRef name = entry.getName();
      std::string printed = printAttribute(entry.getValue());
      bool says = printed.find_first_not_of("(1, )") != std::string::npos;
      if (says || !(name == "steps" || name == "strides" || name.contains("dilation") || name == "groups"))
        add(name, entry.getValue(), printed);
    }
  }
  Dims shape = dimsOf(op->getResult(0));
  // Strides lose the size of the image.
  if (isa<sym::ConvolutionInputOp, sym::ConvolutionFilterOp, sym::WindowScatterOp, sym::WindowSpreadOp,
          sym::ResampleOp>(op))
    attributes.push_back({"shape", "", shape});
  bool truth = isTruth(op->getResult(0));
  if (!isa<ScalarBodyOpInterface>(op) || args.empty())
    return algebra.call(mnemonic.str(), args, attributes, shape, truth);
  Dims natural = broadcastShape(args);
  return algebra.broadcast(algebra.call(mnemonic.str(), args, attributes, natural, truth), shape);
}
