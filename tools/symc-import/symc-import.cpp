//===- symc-import.cpp - Graph file to module, for tests ------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// symc-import GRAPH.json ... [--json] [--quiet] [--dim NAME=VALUE] [--truncations] [--ops]
//
// Prints the module of each file, or its diagnostics. `--truncations` reads every beginning of the file instead, each
// of which must be refused. `--ops` prints the ops that graph files may name, with their attributes, as JSON.
//
//===----------------------------------------------------------------------===//

#include "dialects/sym/OpSchema.h"
#include "lib/Autodiff/Activity.h"
#include "lib/Frontend/Import.h"
#include "lib/Support/Json.h"
#include "lib/Support/Render.h"
#include "lib/Target/ReservedNames.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"
#include <nlohmann/json.hpp>

using namespace mlir;

static int truncations(llvm::StringRef path) {
  auto file = llvm::MemoryBuffer::getFile(path);
  if (!file) {
    llvm::errs() << "cannot read " << path << "\n";
    return 1;
  }
  std::string text = (*file)->getBuffer().rtrim().str();
  for (size_t size = 0; size < text.size(); ++size) {
    MLIRContext context(MLIRContext::Threading::DISABLED);
    symc::Diagnostics diagnostics;
    auto module = symc::importGraph(text.substr(0, size), path, &context, {}, diagnostics);
    if (module || !diagnostics.hasErrors() || symc::renderText(diagnostics).empty() ||
        symc::renderJson(diagnostics).empty()) {
      llvm::errs() << path << ": " << size << " bytes are not refused\n";
      return 1;
    }
  }
  return 0;
}

static void printOps() {
  static const char *const kinds[] = {
      "I64",        "F64",      "Order", "Number",         "Bool",     "Str",   "Axes",  "Ints",    "OpenInts",
      "OpenBounds", "PadWidth", "DType", "ActivationName", "Function", "Shape", "Sizes", "Padding", "Enum"};
  static_assert(std::size(kinds) == static_cast<size_t>(symc::AttrKind::Enum) + 1, "a name for each kind");
  symc::Json ops;
  for (const symc::OpSchema &op : symc::opSchemas()) {
    symc::Json attributes = symc::Json::object();
    for (const symc::AttrSchema &attribute : op.attributes)
      attributes[attribute.name.str()] = kinds[static_cast<int>(attribute.kind)];
    ops[op.mnemonic.str()] = {{"operands", op.operands.size()}, {"attributes", attributes}};
  }
  llvm::outs() << symc::jsonLine(ops) << "\n";
}

int main(int argc, char **argv) {
  bool json = false, quiet = false, cut = false;
  symc::ImportOptions options;
  options.reserved = symc::reservedNames();
  options.derivativeReaches = symc::derivativeReaches;
  std::vector<std::string> paths;
  for (int i = 1; i < argc; ++i) {
    llvm::StringRef argument = argv[i];
    if (argument == "--json")
      json = true;
    else if (argument == "--quiet")
      quiet = true;
    else if (argument == "--truncations")
      cut = true;
    else if (argument == "--ops")
      printOps();
    else if (argument == "--dim" && i + 1 < argc) {
      auto [name, value] = llvm::StringRef(argv[++i]).split('=');
      int64_t number = 0;
      if (value.getAsInteger(10, number))
        return 2;
      options.dims.push_back({name.str(), number});
    } else
      paths.push_back(argument.str());
  }
  int status = 0;
  for (const std::string &path : paths) {
    if (cut) {
      status |= truncations(path);
      continue;
    }
    MLIRContext context(MLIRContext::Threading::DISABLED);
    symc::Diagnostics diagnostics;
    OwningOpRef<ModuleOp> module;
    if (std::optional<std::string> text = symc::readGraphFile(path, diagnostics))
      module = symc::importGraph(std::move(*text), path, &context, options, diagnostics);
    symc::print(diagnostics, json);
    if (module && !quiet)
      module->print(llvm::outs());
    status |= module ? 0 : 1;
  }
  return status;
}
