//===- GraphImporter.cpp - Builds the module of a graph -------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "dialects/sym/NodeNames.h"
#include "dialects/sym/Roles.h"
#include "dialects/sym/Statistics.h"
#include "lib/Frontend/GraphParts.h"
#include "lib/Support/Pattern.h"
#include "mlir/IR/Verifier.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace symc;

GraphPart::GraphPart(GraphParts &parts)
    : parts(parts), context(parts.context), builder(parts.builder), report(parts.report), graph(parts.graph) {}

static void buildConstants(GraphParts &parts) {
  StringRef folder = llvm::sys::path::parent_path(parts.report.source.name());
  for (auto [i, decl] : llvm::enumerate(parts.graph.constants)) {
    if (!decl.type)
      continue;
    ElementsAttr value = readConstant(parts.context, decl, folder);
    if (auto elements = dyn_cast_if_present<DenseElementsAttr>(value);
        elements && decl.file && parts.options.constants) {
      parts.options.constants->add(decl.name.text.data(), decl.name.text.size());
      parts.options.constants->add(elements.getRawData().data(), elements.getRawData().size());
    }
    if (value)
      parts.names.setValue(decl.name.text, Symbol::Constant, i,
                           sym::ConstantOp::create(parts.builder,
                                                   parts.context.location(decl.name.range, ref(decl.name.text)),
                                                   value.getShapedType(), value));
  }
}

/// Calls `visit` with the names of all nodes, and of what stands in functions that they call behind the name of the
/// call.
static void forEachNodeName(ModuleOp module, Operation *root, const std::string &scope,
                            function_ref<void(StringRef)> visit) {
  root->walk([&](Operation *op) {
    if (isa<func::FuncOp, func::ReturnOp>(op)) // they have the name of the function, which is no node
      return;
    std::string name = scope + nodeName(op->getLoc()).str();
    visit(name);
    if (auto call = dyn_cast<func::CallOp>(op))
      forEachNodeName(module, module.lookupSymbol(call.getCallee()), name + "/", visit);
  });
}

/// What `remat` names must be there.
static void checkRemat(GraphParts &parts, ModuleOp module) {
  if (!parts.graph.train || parts.graph.train->remat.empty())
    return;
  std::vector<const JsonValue *> unmatched = parts.graph.train->remat;
  forEachNodeName(module, parts.model, "", [&](StringRef name) {
    llvm::erase_if(unmatched, [&](const JsonValue *pattern) { return matchesNode(name, pattern->string()); });
  });
  for (const JsonValue *pattern : unmatched)
    parts.report.error(pattern->range, code::UnmatchedPattern,
                       "the pattern " + quoted(pattern->string()) + " of 'remat' matches no node",
                       "'*' stands for any characters, '?' for one");
}

/// A derivative by what the value does not depend on is 0: most likely another one was meant.
static void warnZeroDerivatives(GraphParts &parts, ModuleOp module) {
  llvm::DenseSet<std::pair<Attribute, size_t>> told; // copies of a body say it once
  module.walk([&](sym::GradOp grad) {
    auto place = cast<FileLineColLoc>(cast<NameLoc>(grad.getLoc()).getChildLoc());
    for (auto [i, x] : llvm::enumerate(grad.getXs())) {
      if (parts.options.derivativeReaches(grad.getY(), x) || !told.insert({place, i}).second)
        continue;
      symc::Diagnostic warning;
      warning.severity = Severity::Warning;
      warning.code = code::ZeroDerivative;
      warning.file = parts.report.source.name();
      warning.line = place.getLine();
      warning.column = place.getColumn();
      warning.message = "the derivative by input " + std::to_string(i + 2) +
                        " of 'grad' is 0: no path of derivatives leads there from the first";
      warning.hint = "a derivative is by the value that stands there, not by another one that is made of the same; "
                     "comparisons, integers and stop_gradient have none";
      parts.report.diagnostics.report(std::move(warning));
    }
  });
}

/// The arguments' and results' names and roles, and what the module says of itself.
static void finishModule(GraphParts &parts, ModuleOp module) {
  parts.parameters.sortMade();
  OpBuilder &b = parts.builder;
  using Text = std::pair<StringRef, StringRef>;
  auto described = [&](StringRef name, sym::Role role, ArrayRef<Text> texts) {
    NamedAttrList attributes(named(b.getContext(), name, role));
    for (auto [key, text] : texts)
      attributes.set(key, b.getStringAttr(text));
    return attributes.getDictionary(b.getContext());
  };
  SmallVector<Attribute> bounds;
  for (const std::string &name : parts.context.dimOrder) {
    const SymbolicDim &dim = parts.context.dims[name];
    if (!constantValue(dim.size))
      bounds.push_back(
          sym::DimBoundAttr::get(parts.context.context, name, dim.bounds.min, dim.bounds.max, dim.bounds.multipleOf));
  }
  module->setAttr(kBoundsAttr, b.getArrayAttr(bounds));
  module->setAttr(kDocAttr, b.getStringAttr(ref(parts.graph.doc)));

  Block &entry = parts.model.getBody().front();
  b.setInsertionPointToEnd(&entry);
  SmallVector<Value> values;
  SmallVector<Attribute> argumentAttributes, resultAttributes;
  for (const TensorDecl &input : parts.graph.inputs)
    argumentAttributes.push_back(described(ref(input.name.text), sym::Role::input, Text(kDocAttr, ref(input.doc))));
  for (const ParameterSlot &parameter : parts.parameters.all()) {
    NamedAttrList attributes(named(b.getContext(), parameter.name, sym::Role::parameter));
    if (parameter.kept)
      attributes.set(kKeptAttr, b.getUnitAttr());
    argumentAttributes.push_back(attributes.getDictionary(b.getContext()));
  }
  for (const GraphResult &result : parts.results.all()) {
    values.push_back(result.value);
    SmallVector<Text, 2> texts;
    if (!result.entry.empty())
      texts.push_back({kEntryAttr, result.entry});
    if (!result.stream.empty())
      texts.push_back({kStreamAttr, result.stream});
    resultAttributes.push_back(described(result.name, result.role, texts));
  }
  func::ReturnOp::create(b, parts.model.getLoc(), values);
  parts.model.setFunctionType(b.getFunctionType(entry.getArgumentTypes(), ValueRange(values).getTypes()));
  parts.model.setArgAttrsAttr(b.getArrayAttr(argumentAttributes));
  parts.model.setResAttrsAttr(b.getArrayAttr(resultAttributes));

  b.setInsertionPointToStart(module.getBody());
  parts.parameters.emit();
}

/// Options that change what trains, where nothing does.
static void refuseTrainOptions(GraphParts &parts) {
  auto refuse = [&](std::string_view field) {
    parts.report.diagnostics.report(
        ofOption(field, code::OptionValue, "the graph has no 'train' section that it could change"));
  };
  if (!parts.options.freeze.empty())
    refuse("freeze");
  if (parts.options.learningRate)
    refuse("learning_rate");
}

/// Null after reporting.
static OwningOpRef<ModuleOp> build(GraphParts &parts) {
  const GraphDecl &graph = parts.graph;
  ImportContext &context = parts.context;
  Reporter &report = parts.report;
  OpBuilder &builder = parts.builder;
  context.context->loadDialect<sym::SymDialect, func::FuncDialect>();
  declareDims(context, graph, parts.options);
  parts.names.declare();
  Location loc = FileLineColLoc::get(context.fileName, 1, 1);
  OwningOpRef<ModuleOp> module = ModuleOp::create(loc, ref(graph.name));
  builder.setInsertionPointToEnd(module->getBody());
  if (graph.train)
    buildTrain(context, *graph.train, parts.options.learningRate);
  else
    refuseTrainOptions(parts);
  parts.model = func::FuncOp::create(builder, loc, "model", builder.getFunctionType({}, {}));
  builder.setInsertionPointToStart(parts.model.addEntryBlock());
  parts.parameters.declare();
  buildConstants(parts);
  parts.functions.build();
  parts.nodes.buildGraph();
  parts.results.build();
  parts.functions.finish();
  if (!report.diagnostics.hasErrors())
    checkRemat(parts, *module);
  if (report.diagnostics.hasErrors())
    return nullptr;
  parts.parameters.settleStatistics();
  finishModule(parts, *module);
  if (report.diagnostics.hasErrors())
    return nullptr;
  if (parts.options.warnUnused)
    parts.names.warnUnused();
  if (parts.options.derivativeReaches)
    warnZeroDerivatives(parts, *module);
  std::string said;
  ScopedDiagnosticHandler handler(context.context, [&](mlir::Diagnostic &diagnostic) {
    if (said.empty())
      said = diagnostic.str();
    return success();
  });
  if (failed(verify(*module))) {
    report.error({0, 0}, code::Internal, "the module of the graph is not well formed: " + said,
                 "please report this with the graph file");
    return nullptr;
  }
  return module;
}

OwningOpRef<ModuleOp> symc::importGraph(std::string text, StringRef name, MLIRContext *context,
                                        const ImportOptions &options, Diagnostics &diagnostics) {
  const SourceText &source = diagnostics.ownSource(name.str(), std::move(text));
  std::unique_ptr<JsonDocument> document = readJson(source, diagnostics);
  if (!document)
    return nullptr;
  Reporter report(source, diagnostics);
  GraphDecl graph = readGraph(document->root, report, options.reserved);
  if (!document->root.is(JsonValue::Object))
    return nullptr;
  GraphParts parts(report, context, options, graph);
  return build(parts);
}
