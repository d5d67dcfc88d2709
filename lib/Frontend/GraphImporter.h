//===- GraphImporter.h - Builds the module of a graph -------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_FRONTEND_GRAPHIMPORTER_H
#define SYMC_FRONTEND_GRAPHIMPORTER_H

#include "lib/Frontend/ExpressionBuilder.h"
#include "lib/Frontend/Import.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"

namespace symc {

/// A name of the file's one name space.
struct Symbol {
  enum Kind : uint8_t { Input, Parameter, Constant, Dim, Function, Node };
  Kind kind;
  bool used = false;
  bool collides = false; // with a generated name; reported
  uint32_t index;        // in its section
  uint32_t result = 0;   // Node
  TextRange range;
  mlir::Value value; // Input, Parameter, Constant
};

/// A parameter of the module, declared or made by a layer.
struct ParameterSlot {
  std::string name;
  mlir::RankedTensorType type;
  mlir::Attribute init;
  bool trainable;
  std::string doc;
  TextRange range;
  mlir::BlockArgument argument;
  uint32_t order = 0;  // of made ones: the node's number
  bool frozen = false; // not trainable since `freeze` says so
};

/// The nodes of the graph or of a function, and what they see.
struct Scope {
  const std::vector<NodeDecl> *nodes;
  const FunctionDecl *function = nullptr;                // null: the graph
  llvm::StringMap<std::pair<uint32_t, uint32_t>> local;  // of functions: node and result, or (inputNode, input)
  std::vector<llvm::SmallVector<mlir::Value, 1>> values; // of each node; empty: bad
  std::vector<bool> used;
  static constexpr uint32_t inputNode = UINT32_MAX;
};

/// A function of the file, built once (for each list of types, where it has none) and copied to where it is used.
struct FunctionBody {
  /// What it reads besides its inputs: a value of the graph, or a parameter that one of its layers makes.
  struct Need {
    mlir::Value outer; // null: made
    ParameterSlot made;
  };

  const FunctionDecl *decl;
  std::unique_ptr<mlir::Block> block; // its arguments: the inputs, then the needs
  llvm::SmallVector<mlir::Value> results;
  std::vector<Need> needs;
  llvm::DenseMap<mlir::Value, mlir::BlockArgument> seen; // values of the graph
  size_t operations = 0;
  unsigned depth = 0; // of loops and branches
  bool bad = true;
  /// Of a function without types: its bodies for the types that its uses give it.
  std::vector<std::pair<llvm::SmallVector<mlir::Type>, std::unique_ptr<FunctionBody>>> instances;
};

/// What a use of a function gives to one of its inputs.
struct FunctionInput {
  mlir::Type type;
  TextRange range;  // of the operand
  std::string said; // behind the type in messages: ", a row of f32[t, 3]"
};

/// A call, loop or branch whose attributes are read.
struct ControlNode {
  const OpSchema &schema;
  llvm::MutableArrayRef<Operand> operands;
  llvm::ArrayRef<AttributeArgument> written;
  mlir::NamedAttrList attributes;
  const OpPlace &place;

  std::string name() const { return quoted(schema.mnemonic); }
  /// Where the value of the attribute stands.
  TextRange rangeOf(llvm::StringRef attribute) const;
  std::string_view function(llvm::StringRef attribute) const;
  TextRange rangeOf(const Operand &operand) const { return place.inExpression ? operand.range : place.op; }
};

class GraphImporter {
public:
  GraphImporter(Reporter &report, mlir::MLIRContext *mlirContext, const ImportOptions &options,
                const GraphDecl &graph)
      : builder(mlirContext), context(report, builder, report.source.name()), report(report), options(options),
        graph(graph), maker(context, [this](const OpPlace &place, const LayerParameter &parameter) {
          return makeParameter(place, parameter);
        }) {}

  mlir::OwningOpRef<mlir::ModuleOp> import();

private:
  // Names (GraphNames.cpp).
  void wrongOption(std::string message, std::string suggestion, std::vector<DiagnosticNote> notes, std::string hint = "");
  void declareDims();
  void declareNames();
  struct Reference {
    enum Kind { None, Global, Local, FunctionInput } kind = None;
    uint32_t index = 0, result = 0; // Global: the symbol
  };
  Reference lookup(const Scope &scope, std::string_view name) const;
  void reportUnknownName(const Scope &scope, std::string_view name, TextRange range, bool isAttribute);
  bool refer(Scope &scope, std::string_view name, TextRange range, std::vector<uint32_t> &dependencies,
             bool isAttribute, bool dimsAllowed);
  bool referExpression(Scope &scope, const JsonValue &text, std::vector<uint32_t> &dependencies);
  bool referNode(Scope &scope, const NodeDecl &node, std::vector<uint32_t> &dependencies);
  std::string hintOfMadeName(const Scope &scope, std::string_view name);
  void calledFunctions(const FunctionDecl &function, std::vector<uint32_t> &called);
  bool isFunction(std::string_view name) const;
  void useFunction(std::string_view name);
  void generatedName(llvm::StringRef name, TextRange holder);
  void warnUnused();

  // Building (GraphImporter.cpp).
  void buildParameters();
  void buildConstants();
  void buildNodes(Scope &scope);
  void buildNode(Scope &scope, uint32_t index);
  llvm::SmallVector<mlir::Value> buildText(Scope &scope, const JsonValue &text, std::string_view holder,
                                           TextRange holderRange);
  mlir::Value buildOutput(const JsonValue &text, std::string_view name, TextRange range);
  Resolved resolve(const Scope &scope, std::string_view name, TextRange range);
  mlir::Value makeParameter(const OpPlace &place, const LayerParameter &parameter);
  mlir::Value addMade(const std::string &name, const ParameterSlot &like, TextRange range);
  mlir::Value globalValue(const Symbol &symbol) const { return symbol.value; }

  // Functions (GraphFunctions.cpp).
  void buildFunctions();
  void buildFunction(FunctionBody &body, llvm::ArrayRef<mlir::Type> types = {});
  /// Null after reporting that there is no such function.
  FunctionBody *findFunction(std::string_view name, TextRange range);
  /// Checks the number of operands and gives literals their types; `hint` says what the inputs get. False after reporting.
  bool checkInputs(const FunctionBody &function, llvm::MutableArrayRef<Operand> operands, const OpPlace &place,
                   std::string hint = "");
  FunctionBody *bodyFor(FunctionBody &function, llvm::ArrayRef<FunctionInput> inputs, const OpPlace &place);
  FunctionBody *instanceFor(FunctionBody &function, llvm::ArrayRef<FunctionInput> inputs, const OpPlace &place);
  mlir::Value visible(mlir::Value outer);
  bool supply(const FunctionBody &body, const std::string &scope, const OpPlace &place,
              llvm::SmallVectorImpl<mlir::Value> &values);
  bool countCopy(const FunctionBody &body, unsigned depth, const OpPlace &place);
  llvm::SmallVector<mlir::Value> copyBody(const FunctionBody &body, mlir::IRMapping &mapping, const std::string &scope,
                                          TextRange holder);
  llvm::SmallVector<mlir::Value> callFunction(std::string_view name, llvm::MutableArrayRef<Operand> operands,
                                              const OpPlace &place);

  // Loops and branches (GraphControl.cpp).
  llvm::SmallVector<mlir::Value> buildControl(const OpSchema &schema, llvm::MutableArrayRef<Operand> operands,
                                              llvm::ArrayRef<AttributeArgument> attributes, const OpPlace &place);
  llvm::SmallVector<mlir::Value> buildScan(const ControlNode &node);
  llvm::SmallVector<mlir::Value> buildWhile(const ControlNode &node);
  llvm::SmallVector<mlir::Value> buildCond(const ControlNode &node);
  std::pair<FunctionBody *, FunctionBody *> bodiesFor(const ControlNode &node, llvm::StringRef one,
                                                      llvm::StringRef other, llvm::MutableArrayRef<Operand> operands,
                                                      const std::string &hint,
                                                      llvm::SmallVectorImpl<mlir::Value> &values);
  bool checkTrips(const ControlNode &node, size_t carries);
  bool checkCarries(const ControlNode &node, const FunctionBody &body, size_t carries);
  bool checkBranches(const ControlNode &node, const FunctionBody &one, const FunctionBody &other);
  llvm::SmallVector<mlir::Value> fillRegions(mlir::Operation *op, llvm::ArrayRef<FunctionBody *> bodies,
                                             mlir::TypeRange arguments, const ControlNode &node);

  // Results and training (GraphResults.cpp).
  struct Result {
    mlir::Value value;
    std::string name;
    llvm::StringRef kind;
    std::string entry;
  };
  void buildResults();
  void buildTraining();
  mlir::Value scalarResult(const JsonValue &text, std::string_view name, std::string_view what, TextRange range);
  /// Whether a derivative of the loss reaches a trainable parameter, or one that `freeze` took.
  bool reachesParameter(mlir::Value loss, bool frozen) const;
  void applyFreeze();
  void checkPlacementRules();
  void sortMadeParameters();
  void finishModule(mlir::ModuleOp module);

  mlir::OpBuilder builder;
  ImportContext context;
  Reporter &report;
  const ImportOptions &options;
  const GraphDecl &graph;
  OpMaker maker;

  llvm::StringMap<uint32_t> names;
  std::vector<Symbol> symbols;
  Scope main;
  std::vector<ParameterSlot> parameters; // declared, then made
  llvm::StringSet<> madeNames;
  std::vector<FunctionBody> functions;
  FunctionBody *building = nullptr; // the function that is being built
  const NodeDecl *referring = nullptr; // the node whose names are looked up
  uint32_t nodeNumber = 0;          // of the node that is being built, in file order
  TextRange layerOf;                // the layer that the node's expression has made parameters for
  bool layerSeen = false;
  mlir::func::FuncOp model;
  std::vector<Result> results;
};

} // namespace symc

#endif // SYMC_FRONTEND_GRAPHIMPORTER_H
