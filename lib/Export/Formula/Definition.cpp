//===- Definition.cpp - What formulas name --------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Export/Formula/Definition.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace symc;
using namespace symc::formula;

void symc::formula::addNames(Ex root, llvm::StringSet<> &names) {
  forEachPart(root, [&](Ex e) {
    if (e->kind == Kind::Ref)
      names.insert(e->text);
  });
}

/// Adds the names that the definition refers to outside of it.
static void addOuterNames(const Definition &definition, llvm::StringSet<> &names) {
  if (definition.value)
    return addNames(definition.value, names);
  const Function &function = *definition.function;
  llvm::StringSet<> inner;
  addNames(function.value, inner);
  for (const Definition &own : function.definitions)
    addOuterNames(own, inner);
  for (const Definition &own : function.definitions)
    for (const std::string &name : own.names)
      inner.erase(name);
  for (const std::string &name : function.parameters)
    inner.erase(name);
  for (auto &entry : inner)
    names.insert(entry.getKey());
}

std::vector<Definition> symc::formula::neededBy(ArrayRef<Ex> expressions, std::vector<Definition> definitions) {
  llvm::StringSet<> used;
  for (Ex e : expressions)
    addNames(e, used);
  // A definition refers to earlier ones only.
  std::vector<Definition> needed;
  for (Definition &definition : llvm::reverse(definitions)) {
    if (llvm::none_of(definition.names, [&](const std::string &name) { return used.contains(name); }))
      continue;
    for (std::string &name : definition.names)
      if (!used.contains(name))
        name.clear();
    addOuterNames(definition, used);
    needed.push_back(std::move(definition));
  }
  std::reverse(needed.begin(), needed.end());
  return needed;
}

void symc::formula::collect(ArrayRef<Definition> definitions, std::vector<std::string> &names,
                            SmallVectorImpl<Ex> &expressions) {
  for (const Definition &definition : definitions) {
    llvm::copy_if(definition.names, std::back_inserter(names), [](const std::string &name) { return !name.empty(); });
    if (definition.value) {
      expressions.push_back(definition.value);
      continue;
    }
    llvm::append_range(names, definition.function->parameters);
    collect(definition.function->definitions, names, expressions);
    expressions.push_back(definition.function->value);
  }
}
