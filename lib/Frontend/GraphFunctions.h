//===- GraphFunctions.h - The functions of a file and their uses ----------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_FRONTEND_GRAPHFUNCTIONS_H
#define SYMC_FRONTEND_GRAPHFUNCTIONS_H

#include "lib/Frontend/GraphNames.h"
#include "lib/Frontend/GraphParameters.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"

namespace symc {

/// A function of the file, built once (for each list of types, where it has none): called, or copied into a loop or
/// branch.
struct FunctionBody {
  /// What it reads besides its inputs: a value of the graph, or a parameter that one of its layers makes.
  struct Need {
    mlir::Value outer; // null: made
    ParameterSlot made;
  };

  const FunctionDecl *decl;
  std::unique_ptr<mlir::Block> own; // until something calls it
  mlir::Block *block = nullptr;     // its arguments: the inputs, then the needs
  mlir::func::FuncOp function;      // whose block that is then
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

/// Builds the bodies of functions, and their uses.
class FunctionTable : GraphPart {
public:
  using GraphPart::GraphPart;

  void build();
  /// Of the bodies that nothing calls there are copies; of those that others call, what the graph does not call goes.
  void finish();

  /// Null after reporting that there is no such function.
  FunctionBody *find(std::string_view name, TextRange range);
  /// Checks the number of operands and gives literals their types; `hint` says what the inputs get. False after
  /// reporting.
  bool checkInputs(const FunctionBody &function, llvm::MutableArrayRef<Operand> operands, const OpPlace &place,
                   std::string hint = "");
  FunctionBody *bodyFor(FunctionBody &function, llvm::ArrayRef<FunctionInput> inputs, const OpPlace &place);
  llvm::SmallVector<mlir::Value> call(std::string_view name, llvm::MutableArrayRef<Operand> operands,
                                      const OpPlace &place);

  bool supply(const FunctionBody &body, const std::string &scope, const OpPlace &place,
              llvm::SmallVectorImpl<mlir::Value> &values);
  bool countCopy(const FunctionBody &body, unsigned depth, const OpPlace &place);
  llvm::SmallVector<mlir::Value> copyBody(const FunctionBody &body, mlir::IRMapping &mapping, const std::string &scope,
                                          TextRange holder);

  /// The function that is being built; null in the graph.
  const FunctionBody *current() const { return building; }
  mlir::Value visible(mlir::Value outer);
  /// A parameter that a layer makes, of the model or of the function that is being built; null after reporting.
  mlir::Value addMade(const std::string &name, const ParameterSlot &like, TextRange range);

private:
  bool declareLocals(Scope &scope);
  void buildBody(FunctionBody &body, llvm::ArrayRef<mlir::Type> types = {});
  FunctionBody *instanceFor(FunctionBody &function, llvm::ArrayRef<FunctionInput> inputs, const OpPlace &place);
  void makeFunction(FunctionBody &body);
  void takeNames(const FunctionBody &body, std::string scope, TextRange holder);

  std::vector<FunctionBody> functions;
  llvm::StringMap<FunctionBody *> called; // by the name of their function in the module
  FunctionBody *building = nullptr;
};

} // namespace symc

#endif // SYMC_FRONTEND_GRAPHFUNCTIONS_H
