//===- Dot.cpp - The graph for Graphviz -----------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Export/Dot.h"
#include "dialects/sym/Bodies.h"
#include "dialects/sym/NodeNames.h"
#include "lib/Autodiff/Functions.h"
#include "lib/Export/Bodies.h"
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
      add(argument, nameOf(model, argument.getArgNumber()), sym::stringifyRole(role(argument)),
          role(argument) == sym::Role::input ? "style=filled, fillcolor=lightblue" : "style=filled, fillcolor=khaki");
    addBlock(model.front());
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
  unsigned count = 0, clusters = 0;

  static std::string quoted(StringRef text) {
    std::string result = "\"";
    for (char c : text)
      result += c == '"' || c == '\\' ? std::string{'\\', c} : std::string(1, c);
    return result + "\"";
  }

  static sym::Role role(BlockArgument argument) { return roleOf(argument).value_or(sym::Role::input); }

  void addBlock(Block &block) {
    for (Operation &op : block.without_terminator()) {
      if (isControlFlow(&op)) {
        addControl(op);
        continue;
      }
      for (OpResult result : op.getResults()) {
        add(result, nodeName(op.getLoc()), op.getName().stripDialect(), "");
        for (Value operand : op.getOperands())
          edges.push_back(edge(operand, ids[result]));
      }
    }
  }

  /// The cluster of a loop or branch has its results, and a cluster for each function, as the names of ops and
  /// arguments say.
  void addControl(Operation &op) {
    StringRef path = nodeName(op.getLoc()), name = path.contains('/') ? path.rsplit('/').second : path;
    Operation *yield = op.getRegions().back().front().getTerminator();
    ValueRange results = op.getResults().take_front(yield->getNumOperands());
    auto inside = StringAttr::get(op.getContext(), path + "/" + name);
    for (Value result : results)
      add(result, inside, op.getName().stripDialect(), "");
    for (Region &region : llvm::reverse(op.getRegions()))
      for (BlockArgument argument : region.getArguments())
        addArgument(argument);
    for (Region &region : op.getRegions())
      addBlock(region.front());
    for (Region &region : op.getRegions()) {
      OperandRange yielded = region.front().getTerminator()->getOperands();
      if (!cast<ControlFlowOpInterface>(op).yieldsResults(region.getRegionNumber()))
        edges.push_back(edge(yielded[0], ids[results[0]], "style=dashed"));
      else
        for (auto [value, result] : llvm::zip_equal(yielded, results))
          edges.push_back(edge(value, ids[result]));
    }
    // What is yielded for a carry is its value in the next iteration.
    for (unsigned i = 0; i < carryCount(&op); ++i)
      edges.push_back(edge(yield->getOperand(i), ids[op.getRegions().back().getArgument(1 + i)], "style=dashed"));
    if (auto cond = dyn_cast<sym::CondOp>(op))
      for (Value result : results)
        edges.push_back(edge(cond.getPredicate(), ids[result], "style=dashed"));
  }

  void addArgument(BlockArgument argument) {
    std::optional<BodyArgument> stands = bodyArgument(argument);
    if (!stands)
      return;
    if (stands->what.empty()) {
      ids[argument] = ids.lookup(stands->value);
      return;
    }
    add(argument, nodeName(argument.getLoc()), stands->what, "");
    edges.push_back(edge(stands->value, ids[argument]));
  }

  void add(Value value, StringRef path, StringRef what, StringRef style) {
    std::string id = ids[value] = "n" + std::to_string(count++);
    auto [scope, name] = path.contains('/') ? path.rsplit('/') : std::pair<StringRef, StringRef>("", path);
    std::string line = id + " [label=" + quoted(name);
    line.insert(line.size() - 1, ("\\n" + what + "\\n" + printType(value.getType())).str());
    root.at(scope).lines.push_back(line + (style.empty() ? "" : ", " + style.str()) + "];");
  }

  std::string edge(Value from, StringRef to, StringRef style = "") {
    return ids.lookup(from) + " -> " + to.str() + " [label=" + quoted(printType(from.getType())) +
           (style.empty() ? "" : ", " + style.str()) + "];";
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
    StringRef name = resultNameOf(model, index);
    std::optional<sym::Role> role = resultRoleOf(model, index);
    std::string id = "r" + std::to_string(index);
    os << "  " << id << " [label=" << quoted(name.empty() ? StringRef(id) : name)
       << ", xlabel=" << quoted(role ? sym::stringifyRole(*role) : "") << ", style=filled, fillcolor=palegreen];\n  "
       << edge(result.get(), id) << "\n";
  }
};

} // namespace

void symc::printDot(ModuleOp module, llvm::raw_ostream &os) {
  if (auto model = module.lookupSymbol<func::FuncOp>("model"))
    Printer(model, os).print();
}
