//===- GraphNames.h - What the names of a graph stand for -----------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_FRONTEND_GRAPHNAMES_H
#define SYMC_FRONTEND_GRAPHNAMES_H

#include "lib/Frontend/GraphPart.h"
#include "llvm/Support/SaveAndRestore.h"
#include <set>

namespace symc {

/// A name of the file's one name space.
struct Symbol {
  enum Kind : uint8_t { Input, Parameter, Constant, Dim, Function, Node };
  Kind kind;
  bool used = false;
  bool collides = false;   // with a generated name; reported
  bool unresolved = false; // stands for no value: it is defined twice, which is reported, or has no type
  uint32_t index;          // in its section
  uint32_t result = 0;     // Node
  TextRange range;
  mlir::Value value; // Input, Parameter, Constant
};

/// The nodes of the graph or of a function, and what they see.
struct Scope {
  /// A name of a function.
  struct Local {
    uint32_t node, index; // the node and its result, or `inputNode` and the input
    TextRange range;
    bool collides = false;   // with a generated name; reported
    bool unresolved = false; // stands for no value: it is defined twice, which is reported, or has no type
  };
  static constexpr uint32_t inputNode = UINT32_MAX;

  const std::vector<NodeDecl> *nodes;
  const FunctionDecl *function = nullptr; // null: the graph
  llvm::StringMap<Local> local;
  std::vector<llvm::SmallVector<mlir::Value, 1>> values; // of each node; empty: bad
  llvm::DenseSet<uint32_t> used;                         // nodes of a function that something refers to
};

/// The one name space of a file, and who uses what of it.
class NameTable : GraphPart {
public:
  using GraphPart::GraphPart;

  struct Reference {
    enum Kind { None, Global, Local, FunctionInput } kind = None;
    uint32_t index = 0, result = 0; // Global: the symbol
  };

  /// Enters the names of all sections; a name that is defined twice is reported.
  void declare();
  /// Null for a name that the file does not define.
  const Symbol *find(std::string_view name) const;
  bool isFunction(std::string_view name) const;
  /// Whether a function is defined by a name that something else has, which is reported.
  bool isHiddenFunction(std::string_view name) const;
  /// The value of the declaration with that place in its section, unless another one has the name.
  void setValue(std::string_view name, Symbol::Kind kind, size_t index, mlir::Value value);

  Reference lookup(const Scope &scope, std::string_view name) const;
  /// Whether the name stands for no value, so that nothing is to be said of what reads it.
  bool isUnresolved(const Scope &scope, std::string_view name) const;
  const Symbol &symbol(const Reference &global) const { return symbols[global.index]; }

  // What a node or expression refers to: it is used, and the nodes among it are dependencies. False after reporting.
  bool refer(Scope &scope, std::string_view name, TextRange range, std::vector<uint32_t> &dependencies,
             bool isAttribute, bool dimsAllowed);
  bool referExpression(Scope &scope, const JsonValue &text, std::vector<uint32_t> &dependencies);
  bool referNode(Scope &scope, const NodeDecl &node, std::vector<uint32_t> &dependencies);
  /// The functions that a function calls, by their numbers.
  void collectCalls(const FunctionDecl &function, std::vector<uint32_t> &called);

  /// Generated names are taken of this function's while the result lives.
  auto enter(Scope &scope) { return llvm::SaveAndRestore<Scope *>(function, &scope); }
  /// Reports a name of the function that is being built, or of the graph, that the module needs for what `holder`
  /// makes.
  void takeGenerated(llvm::StringRef name, TextRange holder);
  /// Keeps in mind which nodes of a function nothing refers to. To be called when all of it is built.
  void noteUnused(const Scope &scope);
  void warnUnused();

private:
  bool givesSize(const Symbol &input) const;
  void useFunction(std::string_view name);
  void reportUnknownName(const Scope &scope, std::string_view name, TextRange range, bool isAttribute);
  void warnOfHiddenNames(const Scope &scope, const Expression &expression, const StringPlaces &places);
  std::optional<TextRange> placeOf(const Scope &scope, std::string_view name) const;
  std::string hintOfMadeName(const Scope &scope, std::string_view name);

  llvm::StringMap<uint32_t> names;
  std::vector<Symbol> symbols;
  // Functions and nodes of them that nothing uses, by their places; a body may be built for several uses.
  std::map<size_t, std::pair<const FunctionDecl *, const NodeDecl *>> unusedNodes;
  std::set<size_t> toldOfHidden;       // the places of names that stand for something else
  Scope *function = nullptr;           // that is being built; null: the graph
  const NodeDecl *referring = nullptr; // the node whose names are looked up
};

} // namespace symc

#endif // SYMC_FRONTEND_GRAPHNAMES_H
