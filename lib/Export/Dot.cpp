//===- Dot.cpp - The graph for Graphviz -----------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Export/Dot.h"
#include "dialects/sym/Dims.h"
#include "lib/Autodiff/Functions.h"
#include "llvm/ADT/MapVector.h"
#include <memory>

using namespace mlir;
using namespace symc;

namespace {

/// The nodes of a scope and the scopes in it, each in the order of the graph.
struct Scope {
  SmallVector<std::string> lines;
  llvm::MapVector<StringRef, std::unique_ptr<Scope>> inner;

  Scope &at(StringRef path) {
    if (path.empty())
      return *this;
    auto [first, rest] = path.split('/');
    std::unique_ptr<Scope> &scope = inner[first];
    if (!scope)
      scope = std::make_unique<Scope>();
    return scope->at(rest);
  }
};

class Printer {
public:
  Printer(func::FuncOp model, llvm::raw_ostream &os) : model(model), os(os) {}

  void print() {
    os << "digraph " << quoted(model->getParentOfType<ModuleOp>().getSymName().value_or("model")) << " {\n"
       << "  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n"
       << "  edge [fontname=\"sans-serif\", fontsize=10];\n";
    for (BlockArgument argument : model.getArguments())
      add(argument, argumentName(model, argument.getArgNumber()), kind(argument),
          kind(argument) == "input" ? "style=filled, fillcolor=lightblue" : "style=filled, fillcolor=khaki");
    for (Operation &op : model.front().without_terminator())
      for (OpResult result : op.getResults())
        add(result, nodeName(op), op.getName().stripDialect(), "");
    printScope(root, "", 1);
    for (const std::string &edge : edges)
      os << "  " << edge << "\n";
    for (OpOperand &result : model.front().getTerminator()->getOpOperands())
      printResult(result);
    os << "}\n";
  }

private:
  func::FuncOp model;
  llvm::raw_ostream &os;
  Scope root;
  DenseMap<Value, std::string> ids;
  SmallVector<std::string> edges;
  unsigned clusters = 0;

  static std::string quoted(StringRef text) {
    std::string result = "\"";
    for (char c : text)
      result += c == '"' || c == '\\' ? std::string{'\\', c} : std::string(1, c);
    return result + "\"";
  }

  static StringRef nodeName(Operation &op) {
    auto name = dyn_cast<NameLoc>(op.getLoc());
    return name ? name.getName().getValue() : StringRef();
  }

  StringRef kind(BlockArgument argument) {
    auto kind = model.getArgAttrOfType<StringAttr>(argument.getArgNumber(), "sym.kind");
    return kind ? kind.getValue() : StringRef("input");
  }

  void add(Value value, StringRef path, StringRef what, StringRef style) {
    std::string &id = ids[value] = "n" + std::to_string(ids.size());
    auto [scope, name] = path.contains('/') ? path.rsplit('/') : std::pair<StringRef, StringRef>("", path);
    std::string line = id + " [label=" + quoted(name);
    line.insert(line.size() - 1, ("\\n" + what + "\\n" + printType(value.getType())).str());
    root.at(scope).lines.push_back(line + (style.empty() ? "" : ", " + style.str()) + "];");
    if (Operation *op = value.getDefiningOp())
      for (Value operand : op->getOperands())
        edges.push_back(edge(operand, id));
  }

  std::string edge(Value from, StringRef to) {
    return ids.lookup(from) + " -> " + to.str() + " [label=" + quoted(printType(from.getType())) + "];";
  }

  void printScope(const Scope &scope, StringRef name, unsigned depth) {
    std::string indent(2 * depth, ' ');
    for (const std::string &line : scope.lines)
      os << indent << line << "\n";
    for (auto &[label, inner] : scope.inner) {
      os << indent << "subgraph cluster_" << clusters++ << " {\n" << indent << "  label=" << quoted(label) << ";\n";
      printScope(*inner, label, depth + 1);
      os << indent << "}\n";
    }
  }

  void printResult(OpOperand &result) {
    unsigned index = result.getOperandNumber();
    auto name = model.getResultAttrOfType<StringAttr>(index, "sym.name");
    std::string id = "r" + std::to_string(index);
    os << "  " << id << " [label=" << quoted(name ? name.getValue() : id)
       << ", xlabel=" << quoted(resultKind(model, index)) << ", style=filled, fillcolor=palegreen];\n  "
       << edge(result.get(), id) << "\n";
  }
};

} // namespace

void symc::printDot(ModuleOp module, llvm::raw_ostream &os) {
  if (auto model = module.lookupSymbol<func::FuncOp>("model"))
    Printer(model, os).print();
}
