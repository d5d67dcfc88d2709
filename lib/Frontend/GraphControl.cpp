//===- GraphControl.cpp - Calls, loops and branches -----------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A loop or branch holds copies of the functions that its node names. What these need besides their inputs becomes an
// invariant operand, so that the regions see nothing else. The operations of a copy are named NODE/FUNCTION/…, and so
// are the parameters that its layers make: one set for all iterations.
//
//===----------------------------------------------------------------------===//

#include "dialects/sym/Bodies.h"
#include "lib/Frontend/GraphParts.h"

using namespace mlir;
using namespace symc;

static std::string counted(size_t count, const std::string &what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

static bool isScalarBool(Value v) { return dimsOf(v).empty() && elementOf(v).isInteger(1); }

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

TextRange ControlNode::rangeOf(StringRef attribute) const {
  for (const AttributeArgument &argument : written)
    if (ref(argument.name) == attribute)
      return argument.value.range;
  return place.op;
}

std::string_view ControlNode::function(StringRef attribute) const {
  return view(cast<StringAttr>(attributes.get(attribute)).getValue());
}

SmallVector<Value> ControlBuilder::build(const OpSchema &schema, MutableArrayRef<Operand> operands,
                                         ArrayRef<AttributeArgument> attributes, const OpPlace &place) {
  ControlNode node{schema, operands, attributes, {}, place};
  std::vector<std::string> meant;
  bool good = parts.maker.readAttributes(schema, operands, attributes, place, node.attributes, meant);
  for (const AttrSchema &attribute : schema.attributes)
    if (attribute.kind == AttrKind::Function && node.attributes.get(attribute.name))
      good &= parts.functions.find(node.function(attribute.name), node.rangeOf(attribute.name)) != nullptr;
  for (const Operand &operand : operands) {
    if (!operand.name.empty()) {
      report.error(operand.nameRange, code::OperandCount, "the inputs of " + node.name() + " are given in their order",
                   "\"inputs\" of such a node is a list");
      good = false;
    }
    good &= !operand.bad;
  }
  if (!good)
    return {};
  if (schema.mnemonic == "call")
    return parts.functions.call(node.function("function"), operands, place);
  if (schema.mnemonic == "scan")
    return buildScan(node);
  return schema.mnemonic == "while" ? buildWhile(node) : buildCond(node);
}

//===----------------------------------------------------------------------===//
// Regions
//===----------------------------------------------------------------------===//

/// Fills the regions of `op`, one a body, with blocks of these arguments, the last of which are the body's inputs, and
/// copies of the bodies. The results that a graph file sees; empty after reporting.
SmallVector<Value> ControlBuilder::fillRegions(Operation *op, ArrayRef<FunctionBody *> bodies, TypeRange arguments,
                                               const ControlNode &node) {
  auto scopeOf = [&](const FunctionBody &body) { return node.place.name + "/" + std::string(body.decl->name.text); };
  SmallVector<SmallVector<Value>, 2> needed(bodies.size());
  for (auto [i, body] : llvm::enumerate(bodies)) {
    size_t first = llvm::find(bodies, body) - bodies.begin(); // a function given twice has one set of parameters
    if (first < i)
      needed[i] = needed[first];
    if (!parts.functions.countCopy(*body, 1, node.place) ||
        (first == i && !parts.functions.supply(*body, scopeOf(*body), node.place, needed[i]))) {
      op->erase();
      return {};
    }
  }
  for (auto [body, region] : llvm::zip_equal(bodies, op->getRegions())) {
    const std::vector<TensorDecl> &inputs = body->decl->inputs;
    SmallVector<Location> places(arguments.size() - inputs.size(), op->getLoc());
    for (const TensorDecl &input : inputs)
      places.push_back(context.location(input.name.range, scopeOf(*body) + "/" + std::string(input.name.text)));
    region.emplaceBlock().addArguments(arguments, places);
  }
  llvm::DenseMap<Value, unsigned> places;
  for (ArrayRef<Value> values : needed)
    for (Value value : values)
      if (places.try_emplace(value, op->getRegion(0).getNumArguments()).second)
        addInvariant(op, value);
  OpBuilder::InsertionGuard guard(builder);
  for (auto [body, values, region] : llvm::zip_equal(bodies, needed, op->getRegions())) {
    IRMapping mapping;
    size_t count = body->decl->inputs.size();
    for (size_t i = 0; i < count; ++i)
      mapping.map(body->block->getArgument(i), region.getArgument(arguments.size() - count + i));
    for (auto [i, value] : llvm::enumerate(values))
      mapping.map(body->block->getArgument(count + i), region.getArgument(places.lookup(value)));
    builder.setInsertionPointToEnd(&region.front());
    SmallVector<Value> results = parts.functions.copyBody(*body, mapping, scopeOf(*body), node.place.nodeRange);
    sym::YieldOp::create(builder, op->getLoc(), results);
  }
  return op->getResults();
}

/// The bodies of two functions that take the same operands, whose values are appended to `values`; null after
/// reporting.
std::pair<FunctionBody *, FunctionBody *> ControlBuilder::bodiesFor(const ControlNode &node, StringRef one,
                                                                    StringRef other, MutableArrayRef<Operand> operands,
                                                                    const std::string &hint,
                                                                    SmallVectorImpl<Value> &values) {
  FunctionBody *functions[] = {parts.functions.find(node.function(one), node.rangeOf(one)),
                               parts.functions.find(node.function(other), node.rangeOf(other))};
  bool typed = functions[0]->decl->typed; // where one of the two is, it types literals
  if (!parts.functions.checkInputs(*functions[!typed], operands, node.place, hint) ||
      !parts.functions.checkInputs(*functions[typed], operands, node.place, hint))
    return {};
  SmallVector<FunctionInput> inputs;
  for (const Operand &operand : operands) {
    inputs.push_back({operand.value.getType(), operand.range, ""});
    values.push_back(operand.value);
  }
  FunctionBody *first = parts.functions.bodyFor(*functions[0], inputs, node.place);
  return {first, parts.functions.bodyFor(*functions[1], inputs, node.place)};
}

/// `i64[]` in front of these types: the arguments of a loop's body.
static SmallVector<Type> withIteration(Builder &b, TypeRange types) {
  SmallVector<Type> all{RankedTensorType::get({}, b.getI64Type())};
  llvm::append_range(all, types);
  return all;
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

/// Carries come out of the body as they go in; false after reporting. The body gives at least as many results.
bool ControlBuilder::checkCarries(const ControlNode &node, const FunctionBody &body, size_t carries) {
  const FunctionDecl &decl = *body.decl;
  bool good = true;
  for (size_t i = 0; i < carries; ++i) {
    Type in = node.operands[i].value.getType(), out = body.results[i].getType();
    if (in == out)
      continue;
    bool element = elementOf(node.operands[i].value) != elementOf(body.results[i]);
    report.error(node.rangeOf(node.operands[i]), element ? code::ElementTypeMismatch : code::ShapeMismatch,
                 "the carry " + quoted(decl.inputs[i].name.text) + " of " + node.name() + " goes into " +
                     quoted(decl.name.text) + " as " + printType(in) + " and comes out as " + printType(out),
                 {element ? "cast(…, '" + printElementType(elementOf(node.operands[i].value)) + "') converts"
                          : "a carry has one type in all iterations",
                  "",
                  {report.note(decl.outputs[i]->range, "it comes out here")}});
    good = false;
  }
  return good;
}

/// What is scanned has an axis 0, of one size; false after reporting.
bool ControlBuilder::checkTrips(const ControlNode &node, size_t carries) {
  const Operand &first = node.operands[carries];
  for (const Operand &operand : node.operands.drop_front(carries)) {
    Type type = operand.value.getType();
    std::string number = std::to_string(&operand - node.operands.begin() + 1);
    if (dimsOf(type).empty()) {
      report.error(node.rangeOf(operand), code::RankMismatch,
                   "operand " + number + " of " + node.name() + " is " + printType(type) +
                       ": it has no axis to go over",
                   "the first 'carries' inputs are carried, the others scanned over axis 0");
      return false;
    }
    Dim size = dimOf(type, 0), wanted = dimOf(first.value.getType(), 0);
    if (size == wanted)
      continue;
    Reporter::More more;
    if (!constantValue(size) || !constantValue(wanted))
      more.hint = "sizes are equal when they are written the same";
    if (node.place.inExpression)
      more.notes.push_back(report.note(first.range, "this is " + printType(first.value.getType())));
    report.error(node.rangeOf(operand), code::ShapeMismatch,
                 node.name() + " cannot go over " + printType(first.value.getType()) + " and " + printType(type) +
                     " together: sizes " + printDim(wanted) + " and " + printDim(size) + " differ",
                 std::move(more));
    return false;
  }
  return true;
}

SmallVector<Value> ControlBuilder::buildScan(const ControlNode &node) {
  int64_t given = cast<IntegerAttr>(node.attributes.get("carries")).getInt();
  size_t count = node.operands.size(), carries = static_cast<size_t>(given);
  if (given < 0 || carries > count) {
    report.error(node.rangeOf("carries"), code::AttributeValue,
                 "'carries' of 'scan' must be from 0 to " + std::to_string(count) + ", the number of its inputs, not " +
                     std::to_string(given));
    return {};
  }
  if (carries == count) {
    report.error(
        node.place.op, code::OperandCount,
        "'scan' has nothing to go over: " +
            (count == 0 ? "it has no inputs" : "all of its inputs, " + std::to_string(count) + ", are carried"),
        "what it goes over follows the carries; iota(shape=[10]) lets it run 10 times");
    return {};
  }
  FunctionBody *function = parts.functions.find(node.function("body"), node.rangeOf("body"));
  if (!parts.functions.checkInputs(*function, node.operands, node.place,
                                   "the body of 'scan' takes the carries and a row of each other input") ||
      !checkTrips(node, carries))
    return {};
  SmallVector<FunctionInput> inputs;
  SmallVector<Value> values;
  SmallVector<Type> arguments, types;
  for (auto [i, operand] : llvm::enumerate(node.operands)) {
    Type type = operand.value.getType();
    bool scanned = i >= carries;
    inputs.push_back({scanned ? rowType(type) : type, operand.range, scanned ? ", a row of " + printType(type) : ""});
    arguments.push_back(inputs.back().type);
    values.push_back(operand.value);
  }
  FunctionBody *body = parts.functions.bodyFor(*function, inputs, node.place);
  if (!body)
    return {};
  if (body->results.size() < carries) {
    report.error(node.rangeOf("carries"), code::AttributeConflict,
                 "'carries' of 'scan' is " + std::to_string(carries) + ", but its body " +
                     quoted(function->decl->name.text) + " has " + counted(body->results.size(), "output"),
                 {"its first outputs are the next carries",
                  "",
                  {report.note(function->decl->name.range, "the function is here")}});
    return {};
  }
  if (!checkCarries(node, *body, carries))
    return {};
  Dim trips = dimOf(values[carries].getType(), 0);
  for (auto [i, result] : llvm::enumerate(body->results)) {
    types.push_back(i < carries ? result.getType() : stackedType(trips, result.getType()));
    if (!parts.maker.checkResult(types.back(), node.place))
      return {};
  }
  auto reverse = dyn_cast_or_null<BoolAttr>(node.attributes.get("reverse"));
  Location loc = context.location(node.place.op, node.place.name);
  auto scan = sym::ScanOp::create(builder, loc, types, sym::DimsAttr::get(context.context, {trips}),
                                  builder.getBoolAttr(reverse && reverse.getValue()),
                                  ValueRange(values).take_front(carries), ValueRange(values).drop_front(carries),
                                  /*count=*/Value(), /*invariants=*/ValueRange(), /*recompute=*/UnitAttr());
  return fillRegions(scan, body, withIteration(builder, arguments), node);
}

SmallVector<Value> ControlBuilder::buildWhile(const ControlNode &node) {
  auto most = dyn_cast_or_null<IntegerAttr>(node.attributes.get("max_iterations"));
  if (most && most.getInt() < 0) {
    report.error(node.rangeOf("max_iterations"), code::AttributeValue,
                 "'max_iterations' of 'while' must be 0 or more, not " + std::to_string(most.getInt()));
    return {};
  }
  if (node.operands.empty()) {
    report.error(node.place.op, code::OperandCount, "'while' has no inputs to carry",
                 "its inputs, which go from one iteration to the next, are its results in the end");
    return {};
  }
  SmallVector<Value> values;
  auto [condition, body] =
      bodiesFor(node, "cond", "body", node.operands, "both functions of 'while' take all of its inputs", values);
  if (!condition || !body)
    return {};
  if (condition->results.size() != 1 || !isScalarBool(condition->results[0])) {
    std::string types;
    for (Value result : condition->results)
      types += (types.empty() ? "" : ", ") + printType(result.getType());
    report.error(node.rangeOf("cond"), code::AttributeConflict,
                 "the condition " + quoted(condition->decl->name.text) + " of 'while' gives " + types +
                     ", not one bool[]",
                 {"a comparison of scalars gives one; any(…) and all(…) make one of many",
                  "",
                  {report.note(condition->decl->outputs[0]->range, "this comes out")}});
    return {};
  }
  if (body->results.size() != values.size()) {
    report.error(
        node.rangeOf("body"), code::AttributeConflict,
        "the body " + quoted(body->decl->name.text) + " of 'while' has " + counted(body->results.size(), "output") +
            " for " + counted(values.size(), "input"),
        {"its outputs are the next inputs", "", {report.note(body->decl->name.range, "the function is here")}});
    return {};
  }
  if (!checkCarries(node, *body, values.size()))
    return {};
  Location loc = context.location(node.place.op, node.place.name);
  TypeRange types = ValueRange(values).getTypes();
  auto loop = sym::WhileOp::create(builder, loc, types, RankedTensorType::get({}, builder.getI64Type()), most, values,
                                   /*invariants=*/ValueRange());
  SmallVector<Value> results = fillRegions(loop, {condition, body}, withIteration(builder, types), node);
  if (!results.empty())
    results.pop_back(); // the number of iterations
  return results;
}

//===----------------------------------------------------------------------===//
// Branches
//===----------------------------------------------------------------------===//

SmallVector<Value> ControlBuilder::buildCond(const ControlNode &node) {
  if (node.operands.empty()) {
    report.error(node.place.op, code::OperandCount, "'cond' lacks its predicate", "it is the first of its inputs");
    return {};
  }
  Operand &predicate = node.operands.front();
  if (!predicate.value && !(predicate.value = predicate.build(builder.getI1Type())))
    return {};
  if (!isScalarBool(predicate.value)) {
    bool element = !elementOf(predicate.value).isInteger(1);
    report.error(node.rangeOf(predicate), element ? code::ElementTypeUnsupported : code::RankMismatch,
                 "the predicate of 'cond' is one bool[], not " + printType(predicate.value.getType()),
                 element ? "a comparison gives bool, and so does cast(…, 'bool')"
                         : "any(…) and all(…) make one of many; where(…) chooses element by element");
    return {};
  }
  SmallVector<Value> values;
  auto [chosen, other] = bodiesFor(node, "true_fn", "false_fn", node.operands.drop_front(),
                                   "both functions of 'cond' take the inputs behind its predicate", values);
  if (!chosen || !other || !checkBranches(node, *chosen, *other))
    return {};
  Location loc = context.location(node.place.op, node.place.name);
  auto cond = sym::CondOp::create(builder, loc, ValueRange(chosen->results).getTypes(), predicate.value, values);
  return fillRegions(cond, {chosen, other}, ValueRange(values).getTypes(), node);
}

/// Both functions of a branch give the same types; false after reporting.
bool ControlBuilder::checkBranches(const ControlNode &node, const FunctionBody &one, const FunctionBody &other) {
  std::string first = quoted(one.decl->name.text), second = quoted(other.decl->name.text);
  if (one.results.size() != other.results.size()) {
    report.error(node.place.op, code::AttributeConflict,
                 "the functions of 'cond' have different numbers of outputs: " + first + " has " +
                     std::to_string(one.results.size()) + ", " + second + " has " +
                     std::to_string(other.results.size()));
    return false;
  }
  for (auto [i, a, b] : llvm::enumerate(one.results, other.results)) {
    if (a.getType() == b.getType())
      continue;
    report.error(node.place.op, elementOf(a) != elementOf(b) ? code::ElementTypeMismatch : code::ShapeMismatch,
                 "output " + std::to_string(i + 1) + " of 'cond' is " + printType(a.getType()) + " from " + first +
                     " and " + printType(b.getType()) + " from " + second,
                 {"both functions give the same types",
                  "",
                  {report.note(one.decl->outputs[i]->range, "this is " + printType(a.getType())),
                   report.note(other.decl->outputs[i]->range, "this is " + printType(b.getType()))}});
    return false;
  }
  return true;
}
