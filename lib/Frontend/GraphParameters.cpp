//===- GraphParameters.cpp - The inputs and parameters of a module --------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Frontend/GraphParts.h"
#include "lib/Support/Pattern.h"
#include "lib/Support/Suggest.h"

using namespace mlir;
using namespace symc;

void ParameterTable::declare() {
  Block &entry = parts.model.getBody().front();
  for (auto [i, input] : llvm::enumerate(graph.inputs)) {
    if (!input.type)
      continue;
    Value argument =
        entry.addArgument(context.tensorType(*input.type), context.location(input.name.range, ref(input.name.text)));
    parts.names.setValue(input.name.text, Symbol::Input, i, argument);
  }
  for (auto [i, decl] : llvm::enumerate(graph.parameters)) {
    if (!decl.type)
      continue;
    RankedTensorType type = context.tensorType(*decl.type);
    Attribute init = readInitializer(context, decl, type);
    Location loc = context.location(decl.name.range, ref(decl.name.text));
    ParameterSlot slot{std::string(decl.name.text),  type, init, decl.trainable, std::string(decl.doc), decl.name.range,
                       entry.addArgument(type, loc), 0};
    parts.names.setValue(decl.name.text, Symbol::Parameter, i, slot.argument);
    slots.push_back(std::move(slot));
  }
}

BlockArgument ParameterTable::make(ParameterSlot slot) {
  auto [first, isNew] = made.try_emplace(slot.name, slot.range);
  if (!isNew) {
    report.error(slot.range, code::GeneratedName, "two layers make the parameter " + quoted(StringRef(slot.name)),
                 {"", "", {report.note(first->second, "the first is here")}});
    return {};
  }
  slot.argument = parts.model.getBody().front().addArgument(slot.type, context.location(slot.range, slot.name));
  slots.push_back(std::move(slot));
  return slots.back().argument;
}

//===----------------------------------------------------------------------===//
// Training
//===----------------------------------------------------------------------===//

bool ParameterTable::isReached(Value loss, bool frozen) const {
  SmallVector<Value> wanted;
  for (const ParameterSlot &parameter : slots)
    if (frozen ? parameter.frozen : parameter.trainable)
      wanted.push_back(parameter.argument);
  return parts.options.derivativeReaches(loss, wanted);
}

/// What a pattern that matches nothing was probably meant to be.
Reporter::More ParameterTable::meantBy(std::string_view pattern) const {
  Suggestion nearest(pattern);
  for (const ParameterSlot &parameter : slots)
    nearest.consider(parameter.name);
  if (!nearest.best().empty())
    return {"", nearest.best(), {}};
  // A layer or scope for what is in it; without the scope of a call, or with the function's name in its place;
  // PyTorch's names.
  std::string path(pattern);
  llvm::replace(path, '.', '/');
  if (StringRef(path).ends_with("/weight"))
    path.replace(path.rfind('/'), std::string::npos, "/kernel");
  StringRef function = StringRef(path).take_until([](char c) { return c == '/'; });
  std::vector<std::string> tries{path, path + "/*", "*/" + path, "*/" + path + "/*"};
  if (function.size() < path.size() && parts.names.isFunction(view(function)))
    tries.insert(tries.begin(), "*" + path.substr(function.size()));
  for (const std::string &candidate : tries) {
    std::string first;
    size_t count = 0;
    for (const ParameterSlot &parameter : slots)
      if (matchesPattern(parameter.name, candidate) && !count++)
        first = parameter.name;
    if (first == candidate)
      return {"the parameter is called " + quoted(StringRef(first)), "", {}};
    if (count)
      return {quoted(StringRef(candidate)) + " matches " + quoted(StringRef(first)) +
                  (count > 1 ? " and " + std::to_string(count - 1) + " more" : ""),
              "",
              {}};
  }
  return {"'*' stands for any characters, '?' for one", "", {}};
}

/// `freeze` becomes `trainable = false`.
void ParameterTable::freeze(const TrainDecl &train) {
  bool hadTrainable = llvm::any_of(slots, [](const ParameterSlot &p) { return p.trainable; });
  bool unmatched = false;
  auto take = [&](std::string_view pattern) {
    bool matched = false;
    for (ParameterSlot &parameter : slots)
      if (matchesPattern(parameter.name, pattern)) {
        parameter.frozen |= parameter.trainable;
        parameter.trainable = parameter.measured = false;
        parameter.kept = matched = true;
      }
    unmatched |= !matched;
    return matched;
  };
  const std::vector<std::string> &given = parts.options.freeze;
  for (const std::string &pattern : given) {
    if (take(pattern))
      continue;
    Reporter::More more = meantBy(pattern);
    Diagnostic diagnostic = ofOption("freeze", code::UnmatchedPattern,
                                     "the pattern " + quoted(pattern) + " matches no parameter", std::move(more.hint));
    diagnostic.suggestion = std::move(more.suggestion);
    report.diagnostics.report(std::move(diagnostic));
  }
  // What an option gives stands in place of what the file says.
  for (const JsonValue *pattern : given.empty() ? train.freeze : std::vector<const JsonValue *>())
    if (!take(pattern->string()))
      report.error(pattern->range, code::UnmatchedPattern,
                   "the pattern " + quoted(pattern->string()) + " of 'freeze' matches no parameter",
                   meantBy(pattern->string()));
  bool hasTrainable = llvm::any_of(slots, [](const ParameterSlot &p) { return p.trainable; });
  if (!hadTrainable || hasTrainable || unmatched)
    return;
  if (given.empty())
    report.error(train.freeze.front()->range, code::FreezesAll, "'freeze' leaves no parameter to train");
  else
    report.diagnostics.report(ofOption("freeze", code::FreezesAll, "it leaves no parameter to train"));
}

//===----------------------------------------------------------------------===//
// The module
//===----------------------------------------------------------------------===//

/// Nodes are built in the order of their dependencies, but made parameters follow the order of the file.
void ParameterTable::sortMade() {
  auto made = slots.begin() + graph.parameters.size();
  auto earlier = [](const ParameterSlot &a, const ParameterSlot &b) { return a.order < b.order; };
  if (std::is_sorted(made, slots.end(), earlier))
    return;
  std::vector<std::pair<uint32_t, size_t>> order;
  for (auto it = made; it != slots.end(); ++it)
    order.push_back({it->order, static_cast<size_t>(it - made)});
  llvm::sort(order);
  std::vector<ParameterSlot> sorted;
  for (auto [node, index] : order)
    sorted.push_back(std::move(made[index]));
  std::move(sorted.begin(), sorted.end(), made);
  Block &entry = parts.model.getBody().front();
  unsigned first = graph.inputs.size() + graph.parameters.size(), count = slots.end() - made;
  for (auto it = made; it != slots.end(); ++it) {
    BlockArgument moved = entry.addArgument(it->type, it->argument.getLoc());
    it->argument.replaceAllUsesWith(moved);
    parts.results.replace(it->argument, moved);
    it->argument = moved;
  }
  entry.eraseArguments(first, count);
}

void ParameterTable::emit() {
  for (const ParameterSlot &slot : slots)
    sym::ParameterOp::create(builder, context.location(slot.range, slot.name), builder.getStringAttr(slot.name),
                             TypeAttr::get(slot.type), cast<sym::InitAttr>(slot.init),
                             cast_or_null<ElementsAttr>(slot.data), builder.getBoolAttr(slot.trainable),
                             builder.getStringAttr(slot.doc), slot.measured ? builder.getUnitAttr() : UnitAttr());
}
