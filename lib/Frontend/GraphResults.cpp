//===- GraphResults.cpp - Outputs, loss, metrics and the module's head ----===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Frontend/GraphImporter.h"

using namespace mlir;
using namespace symc;

/// The value of a name or expression; null after reporting, or when it depends on something reported.
Value GraphImporter::buildOutput(const JsonValue &text, std::string_view name, TextRange range) {
  std::vector<uint32_t> dependencies;
  ++nodeNumber;
  // A text that is a name of the graph is that name: `a/b` is no division then.
  if (lookup(main, text.string()).kind != Reference::None) {
    if (!refer(main, text.string(), text.range, dependencies, false, /*dimsAllowed=*/false))
      return {};
    return resolve(main, text.string(), text.range).value;
  }
  if (!referExpression(main, text, dependencies))
    return {};
  SmallVector<Value> values = buildText(main, text, name, range);
  if (values.size() > 1) {
    report.error(text.range, code::ResultCount,
                 "the expression has " + std::to_string(values.size()) + " results where one is needed",
                 "make it a node with a list of names");
    return {};
  }
  return values.empty() ? Value() : values[0];
}

/// A loss or metric.
Value GraphImporter::scalarResult(const JsonValue &text, std::string_view name, std::string_view what,
                                  TextRange range) {
  Value value = buildOutput(text, name, range);
  if (!value)
    return {};
  auto type = cast<RankedTensorType>(value.getType());
  std::string said = std::string(what) + " " + quoted(text.string());
  if (type.getRank() != 0) {
    report.error(text.range, code::LossNotScalar, said + " must be a scalar, not " + printType(type),
                 "mean(…) or sum(…) makes one");
    return {};
  }
  if (!isa<FloatType>(type.getElementType())) {
    report.error(text.range, code::LossNotFloating, said + " must be floating, not " + printType(type),
                 "cast(…, 'f32') makes it so");
    return {};
  }
  return value;
}

void GraphImporter::buildResults() {
  auto add = [&](const JsonValue *text, const DeclaredName &name, StringRef kind, std::string entry) {
    if (Value value = buildOutput(*text, name.text, name.range))
      results.push_back({value, std::string(name.text), kind, std::move(entry)});
  };
  for (const OutputDecl &output : graph.outputs)
    add(output.value, output.name, "output", "");
  if (graph.train)
    buildTraining();
  checkPlacementRules();
  for (const EntryDecl &entry : graph.entries)
    for (const OutputDecl &output : entry.outputs)
      add(output.value, output.name, "entry", std::string(entry.name.text));
}

//===----------------------------------------------------------------------===//
// Training
//===----------------------------------------------------------------------===//

bool GraphImporter::reachesParameter(Value loss, bool frozen) const {
  SmallVector<Value> wanted;
  for (const ParameterSlot &parameter : parameters)
    if (frozen ? parameter.frozen : parameter.trainable)
      wanted.push_back(parameter.argument);
  return options.derivativeReaches(loss, wanted);
}

/// `freeze` becomes `trainable = false`.
void GraphImporter::applyFreeze() {
  const TrainDecl &train = *graph.train;
  bool hadTrainable = llvm::any_of(parameters, [](const ParameterSlot &p) { return p.trainable; });
  bool unmatched = false;
  for (const JsonValue *pattern : train.freeze) {
    bool matched = false;
    for (ParameterSlot &parameter : parameters)
      if (matchesPattern(parameter.name, pattern->string())) {
        parameter.frozen |= parameter.trainable;
        parameter.trainable = false;
        matched = true;
      }
    if (!matched)
      report.error(pattern->range, code::UnmatchedPattern,
                   "the pattern " + quoted(pattern->string()) + " of 'freeze' matches no parameter",
                   "'*' stands for any characters, '?' for one");
    unmatched |= !matched;
  }
  bool hasTrainable = llvm::any_of(parameters, [](const ParameterSlot &p) { return p.trainable; });
  if (hadTrainable && !hasTrainable && !unmatched)
    report.error(train.freeze.front()->range, code::FreezesAll, "'freeze' leaves no parameter to train");
}

/// Rules name a device; what they name must be there.
void GraphImporter::checkPlacementRules() {
  for (const JsonValue *pattern : graph.placed) {
    auto matches = [&](std::string_view name) { return matchesPattern(name, pattern->string()); };
    bool matched = llvm::any_of(graph.inputs, [&](const TensorDecl &input) { return matches(input.name.text); }) ||
                   llvm::any_of(parameters, [&](const ParameterSlot &slot) { return matches(slot.name); }) ||
                   llvm::any_of(graph.nodes, [&](const NodeDecl &node) {
                     return llvm::any_of(node.names, [&](const DeclaredName &name) { return matches(name.text); });
                   });
    if (!matched && !graph.incomplete)
      report.error(pattern->range, code::UnmatchedPattern,
                   "the pattern " + quoted(pattern->string()) +
                       " of 'placement' matches no input, parameter or node",
                   "'*' stands for any characters, '?' for one");
  }
}

void GraphImporter::buildTraining() {
  const TrainDecl &train = *graph.train;
  size_t before = report.diagnostics.errorCount();
  Value loss;
  if (train.loss)
    loss = scalarResult(*train.loss, "loss", "the loss", train.loss->range);
  // The parameters are complete only where every node has been built.
  bool complete = !report.diagnostics.hasErrors();
  if (complete) {
    applyFreeze();
    // Every number of the file fits f64.
    Type f32 = builder.getF32Type();
    if (llvm::any_of(parameters, [&](const auto &p) { return p.trainable && p.type.getElementType() == f32; }))
      checkTrainNumbers(context, train, f32);
  }
  if (loss) {
    results.push_back({loss, "loss", "loss", ""});
    if (options.derivativeReaches && complete && report.diagnostics.errorCount() == before &&
        !reachesParameter(loss, /*frozen=*/false))
      report.error(train.loss->range, code::NothingToTrain,
                   "no trainable parameter has a path of derivatives to the loss " + quoted(train.loss->string()),
                   parameters.empty()                          ? "the graph has no parameters"
                   : reachesParameter(loss, /*frozen=*/true) ? "'freeze' takes every parameter that has one"
                                                               : "comparisons, integers and stop_gradient have no "
                                                                 "derivative");
  }
  for (const OutputDecl &metric : train.metrics)
    if (Value value = scalarResult(*metric.value, metric.name.text, "the metric", metric.name.range))
      results.push_back({value, std::string(metric.name.text), "metric", ""});
}

//===----------------------------------------------------------------------===//
// The module
//===----------------------------------------------------------------------===//

/// Nodes are built in the order of their dependencies, but made parameters follow the order of the file.
void GraphImporter::sortMadeParameters() {
  auto made = parameters.begin() + graph.parameters.size();
  auto earlier = [](const ParameterSlot &a, const ParameterSlot &b) { return a.order < b.order; };
  if (std::is_sorted(made, parameters.end(), earlier))
    return;
  std::vector<std::pair<uint32_t, size_t>> order;
  for (auto it = made; it != parameters.end(); ++it)
    order.push_back({it->order, static_cast<size_t>(it - made)});
  llvm::sort(order);
  std::vector<ParameterSlot> sorted;
  for (auto [node, index] : order)
    sorted.push_back(std::move(made[index]));
  std::move(sorted.begin(), sorted.end(), made);
  Block &entry = model.getBody().front();
  unsigned first = graph.inputs.size() + graph.parameters.size(), count = parameters.end() - made;
  for (auto it = made; it != parameters.end(); ++it) {
    BlockArgument moved = entry.addArgument(it->type, it->argument.getLoc());
    it->argument.replaceAllUsesWith(moved);
    for (Result &result : results)
      if (result.value == it->argument)
        result.value = moved;
    it->argument = moved;
  }
  entry.eraseArguments(first, count);
}

void GraphImporter::finishModule(ModuleOp module) {
  sortMadeParameters();
  OpBuilder &b = builder;
  auto attribute = [&](StringRef name, Attribute value) { return b.getNamedAttr(name, value); };
  auto described = [&](StringRef name, StringRef kind, StringRef entry = "") {
    SmallVector<NamedAttribute> attributes{attribute("sym.name", b.getStringAttr(name)),
                                           attribute("sym.kind", b.getStringAttr(kind))};
    if (!entry.empty())
      attributes.push_back(attribute("sym.entry", b.getStringAttr(entry)));
    return attributes;
  };
  SmallVector<Attribute> bounds;
  for (const std::string &name : context.dimOrder) {
    const SymbolicDim &dim = context.dims[name];
    if (!constantValue(dim.size))
      bounds.push_back(
          sym::DimBoundAttr::get(context.context, name, dim.bounds.min, dim.bounds.max, dim.bounds.multipleOf));
  }
  module->setAttr("sym.dim_bounds", b.getArrayAttr(bounds));
  module->setAttr("sym.doc", b.getStringAttr(ref(graph.doc)));

  Block &entry = model.getBody().front();
  b.setInsertionPointToEnd(&entry);
  SmallVector<Value> values;
  SmallVector<Attribute> argumentAttributes, resultAttributes;
  for (const TensorDecl &input : graph.inputs) {
    auto attributes = described(ref(input.name.text), "input");
    attributes.push_back(attribute("sym.doc", b.getStringAttr(ref(input.doc))));
    argumentAttributes.push_back(b.getDictionaryAttr(attributes));
  }
  for (const ParameterSlot &parameter : parameters)
    argumentAttributes.push_back(b.getDictionaryAttr(described(parameter.name, "parameter")));
  for (const Result &result : results) {
    values.push_back(result.value);
    resultAttributes.push_back(b.getDictionaryAttr(described(result.name, result.kind, result.entry)));
  }
  func::ReturnOp::create(b, model.getLoc(), values);
  model.setFunctionType(b.getFunctionType(entry.getArgumentTypes(), ValueRange(values).getTypes()));
  model.setArgAttrsAttr(b.getArrayAttr(argumentAttributes));
  model.setResAttrsAttr(b.getArrayAttr(resultAttributes));

  b.setInsertionPointToStart(module.getBody());
  for (const ParameterSlot &parameter : parameters)
    sym::ParameterOp::create(b, context.location(parameter.range, parameter.name), b.getStringAttr(parameter.name),
                             TypeAttr::get(parameter.type), cast<sym::InitAttr>(parameter.init), ElementsAttr(),
                             b.getBoolAttr(parameter.trainable), b.getStringAttr(parameter.doc));
}
