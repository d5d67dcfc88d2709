//===- GraphResults.cpp - Outputs, loss, metrics and entry points ---------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "dialects/sym/Metrics.h"
#include "lib/Frontend/GraphParts.h"
#include "lib/Support/Json.h"
#include "lib/Support/OtherNames.h"
#include "lib/Support/Pattern.h"
#include "lib/Support/Program.h"
#include "lib/Support/Suggest.h"

using namespace mlir;
using namespace symc;

/// A loss or metric.
Value ResultTable::scalarResult(const JsonValue &text, std::string_view name, std::string_view what, TextRange range) {
  Value value = parts.nodes.buildOutput(text, name, range);
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

/// Of an optimizer that keeps `history` values of each parameter.
static void checkHistory(GraphParts &parts, const TrainDecl &train) {
  const JsonMember *history =
      train.optimizer && train.optimizer->options ? train.optimizer->options->find("history") : nullptr;
  if (!history || !history->value.isInteger() || history->value.integer < 1)
    return;
  for (const ParameterSlot &parameter : parts.parameters.all()) {
    Dims sizes = dimsOf(parameter.type);
    sizes.insert(sizes.begin(), constantDim(parts.context.context, history->value.integer));
    if (!parameter.trainable || !isTooLarge(tensorType(sizes, parts.builder.getI64Type()))) // the largest elements
      continue;
    parts.report.error(history->value.range, code::ResultLimit,
                       "'history' is " + std::to_string(history->value.integer) + ": the bytes of as many steps of " +
                           quoted(parameter.name) + ", " + printType(parameter.type) + ", do not fit in 63 bits");
    return;
  }
}

void ResultTable::buildTraining() {
  const TrainDecl &train = *graph.train;
  size_t before = report.diagnostics.errorCount();
  Value loss;
  if (train.loss)
    loss = scalarResult(*train.loss, "loss", "the loss", train.loss->range);
  // The parameters are complete only where every node has been built.
  bool complete = !report.diagnostics.hasErrors();
  if (complete) {
    parts.parameters.freeze(train);
    // Every number of the file fits f64.
    Type f32 = builder.getF32Type();
    if (llvm::any_of(parts.parameters.all(),
                     [&](const auto &p) { return p.trainable && p.type.getElementType() == f32; }))
      checkTrainNumbers(context, train, f32, parts.options.learningRate);
    checkHistory(parts, train);
  }
  if (loss) {
    results.push_back({loss, "loss", sym::Role::loss, "", ""});
    if (parts.options.derivativeReaches && complete && report.diagnostics.errorCount() == before &&
        !parts.parameters.isReached(loss, /*frozen=*/false))
      report.error(train.loss->range, code::NothingToTrain,
                   "no trainable parameter has a path of derivatives to the loss " + quoted(train.loss->string()),
                   parts.parameters.all().empty() ? "the graph has no parameters"
                   : parts.parameters.isReached(loss, /*frozen=*/true)
                       ? std::string(parts.options.freeze.empty() ? "'freeze'" : "--freeze") +
                             " takes every parameter that has one"
                       : "comparisons, integers and stop_gradient have no "
                         "derivative");
  }
  buildMetrics(train, loss);
}

/// The losses that a value is made of, without those inside of another one's operands.
static SmallVector<Operation *> lossesIn(Value value) {
  SmallVector<Operation *> losses;
  SmallVector<Value> stack{value};
  llvm::DenseSet<Operation *> seen;
  while (!stack.empty()) {
    Operation *op = stack.pop_back_val().getDefiningOp();
    if (!op || !seen.insert(op).second)
      continue;
    if (lossOperands(op))
      losses.push_back(op);
    else
      llvm::append_range(stack, op->getOperands());
  }
  return losses;
}

/// In the order of the file; `loss` is null where it is wrong.
void ResultTable::buildMetrics(const TrainDecl &train, Value loss) {
  SmallVector<Operation *> losses = loss ? lossesIn(loss) : SmallVector<Operation *>();
  std::vector<GraphResult> totals; // behind all metrics
  if (losses.size() == 1)
    if (Value ofLoss = lossTotals(builder, losses.front()->getLoc(), loss, losses.front()))
      totals.push_back({ofLoss, std::string("loss") + SYMC_TOTALS_ENDING, sym::Role::totals, "", ""});
  for (const OutputDecl &metric : train.metrics) {
    if (!metric.value) {
      if (loss)
        buildReadyMetric(metric.name, losses, totals);
    } else if (Value value = scalarResult(*metric.value, metric.name.text, "the metric", metric.name.range)) {
      results.push_back({value, std::string(metric.name.text), sym::Role::metric, "", ""});
    }
  }
  llvm::append_range(results, totals);
}

void ResultTable::buildReadyMetric(const DeclaredName &declared, ArrayRef<Operation *> losses,
                                   std::vector<GraphResult> &totals) {
  std::string_view name = declared.text;
  SmallVector<StringRef> known = metricNames();
  if (!llvm::is_contained(known, ref(name))) {
    Suggestion nearest(name);
    for (StringRef candidate : known)
      nearest.consider(view(candidate));
    const OtherName *other = findOtherName(otherMetrics, name);
    std::string meant = other ? std::string(other->here) : nearest.best();
    std::string hint = other ? std::string(other->hint) : "";
    if (hint.empty() && meant.empty())
      hint = "there are " + llvm::join(known, ", ");
    report.error(declared.range, code::UnknownMetric, "unknown metric " + quoted(name), {hint, meant, {}});
    return;
  }
  std::string said = "the metric " + quoted(name) + " takes the operands of the loss, ";
  if (losses.size() != 1) {
    std::string_view loss = graph.train->loss->string();
    report.error(declared.range, code::MetricOperands,
                 said + (losses.empty()
                             ? "but " + quoted(loss) + " is made of no op that is a loss"
                             : "but " + quoted(loss) + " is made of " + std::to_string(losses.size()) + " of them"),
                 "\"metrics\": { " + jsonQuoted(name) + ": \"…\" } says what it is here");
    return;
  }
  std::string wanted;
  Location loc = context.location(declared.range, ref(name));
  std::optional<Metric> metric = buildMetric(builder, loc, ref(name), losses.front(), wanted);
  if (!metric) {
    SmallVector<std::string> types = llvm::map_to_vector(losses.front()->getOperandTypes(), printType);
    // `accuracy` of yes and no is `binary_accuracy`, and the other way round.
    std::string meant, ignored;
    for (StringRef candidate : known)
      if (candidate != ref(name) &&
          (candidate.ends_with(("_" + ref(name)).str()) || ref(name).ends_with(("_" + candidate).str())) &&
          buildMetric(builder, loc, candidate, losses.front(), ignored))
        meant = candidate.str();
    report.error(declared.range, code::MetricOperands,
                 said + "and wants " + wanted + ", not " + llvm::join(types, " and ") + " of " +
                     quoted(losses.front()->getName().stripDialect()),
                 {"", meant, {}});
    return;
  }
  results.push_back({metric->value, std::string(name), sym::Role::metric, "", ""});
  if (metric->totals)
    totals.push_back({metric->totals, std::string(name) + SYMC_TOTALS_ENDING, sym::Role::totals, "", ""});
}

/// Rules name a device; what they name must be there.
void ResultTable::checkPlacementRules() {
  for (const JsonValue *pattern : graph.placed) {
    auto matches = [&](std::string_view name) { return matchesPattern(name, pattern->string()); };
    bool matched =
        llvm::any_of(graph.inputs, [&](const TensorDecl &input) { return matches(input.name.text); }) ||
        llvm::any_of(parts.parameters.all(), [&](const ParameterSlot &slot) { return matches(slot.name); }) ||
        llvm::any_of(graph.nodes, [&](const NodeDecl &node) {
          return llvm::any_of(node.names, [&](const DeclaredName &name) { return matches(name.text); });
        });
    if (!matched && !graph.incomplete)
      report.error(pattern->range, code::UnmatchedPattern,
                   "the pattern " + quoted(pattern->string()) + " of 'placement' matches no input, parameter or node",
                   "'*' stands for any characters, '?' for one");
  }
}

/// The dimension that an entry point has one step of; empty where it has none, or after reporting.
std::string ResultTable::streamOf(const EntryDecl &entry) {
  if (!entry.stream)
    return "";
  Dim size = context.dimension(entry.stream->string(), entry.stream->range);
  return size ? std::string(entry.stream->string()) : "";
}

void ResultTable::build() {
  auto add = [&](const JsonValue *text, const DeclaredName &name, sym::Role role, std::string entry,
                 std::string stream) {
    if (Value value = parts.nodes.buildOutput(*text, name.text, name.range))
      results.push_back({value, std::string(name.text), role, std::move(entry), std::move(stream)});
  };
  for (const OutputDecl &output : graph.outputs)
    add(output.value, output.name, sym::Role::output, "", "");
  if (graph.train)
    buildTraining();
  checkPlacementRules();
  for (const EntryDecl &entry : graph.entries) {
    std::string stream = streamOf(entry);
    for (const OutputDecl &output : entry.outputs)
      add(output.value, output.name, sym::Role::entry, std::string(entry.name.text), stream);
  }
}

void ResultTable::replace(Value from, Value to) {
  for (GraphResult &result : results)
    if (result.value == from)
      result.value = to;
}
