//===- GraphDims.cpp - The symbolic dimensions of a graph -----------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Frontend/GraphParts.h"
#include "lib/Support/Suggest.h"

using namespace mlir;
using namespace symc;

/// A mistake on the command line, which has no place in the file.
static void wrongOption(Diagnostics &diagnostics, std::string message, std::string suggestion,
                        std::vector<DiagnosticNote> notes, std::string hint = "") {
  symc::Diagnostic diagnostic;
  diagnostic.code = code::OptionValue;
  diagnostic.line = diagnostic.column = 0;
  diagnostic.message = std::move(message);
  diagnostic.hint = std::move(hint);
  diagnostic.suggestion = std::move(suggestion);
  diagnostic.notes = std::move(notes);
  diagnostics.report(std::move(diagnostic));
}

/// Symbolic dimensions are introduced by the types of inputs, in the order in which these first name them.
void symc::declareDims(ImportContext &context, const GraphDecl &graph, const ImportOptions &options) {
  for (const TensorDecl &input : graph.inputs) {
    if (!input.type)
      continue;
    for (const DimText &dim : input.type->dims) {
      if (!dim.symbolic || context.dims.count(ref(dim.name)))
        continue;
      SymbolicDim &entry = context.dims[ref(dim.name)];
      entry.size = symbolDim(context.context, ref(dim.name));
      entry.range = dim.range;
      context.dimOrder.push_back(std::string(dim.name));
    }
  }
  for (const DimDecl &decl : graph.dims) {
    auto it = context.dims.find(ref(decl.name.text));
    if (it != context.dims.end())
      it->second.bounds = decl;
    else if (llvm::all_of(graph.inputs, [](const TensorDecl &input) { return input.type.has_value(); }))
      context.dimension(decl.name.text, decl.name.range);
  }
  for (const auto &[name, value] : options.dims) {
    auto it = context.dims.find(name);
    if (it == context.dims.end()) {
      Suggestion nearest(name);
      std::string all;
      for (const std::string &dim : context.dimOrder) {
        nearest.consider(dim);
        all += (all.empty() ? "" : ", ") + quoted(std::string_view(dim));
      }
      wrongOption(context.report.diagnostics, "--dim: no input has the dimension " + quoted(std::string_view(name)),
                  nearest.best(), {},
                  !nearest.best().empty() ? ""
                  : all.empty()           ? "its inputs have fixed sizes alone"
                                          : "its dimensions: " + all);
      continue;
    }
    const DimDecl &bounds = it->second.bounds;
    if (value < bounds.min || value > bounds.max || value % bounds.multipleOf != 0)
      wrongOption(
          context.report.diagnostics,
          "--dim " + name + "=" + std::to_string(value) + " is outside the bounds of the dimension", "",
          {context.report.note(bounds.name.text.empty() ? it->second.range : bounds.name.range, "the dimension")});
    else
      it->second.size = constantDim(context.context, value);
  }
}
