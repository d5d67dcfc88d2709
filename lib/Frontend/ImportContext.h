//===- ImportContext.h - What the parts of the importer share -----*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_FRONTEND_IMPORTCONTEXT_H
#define SYMC_FRONTEND_IMPORTCONTEXT_H

#include "dialects/sym/OpSchema.h"
#include "dialects/sym/SymOps.h"
#include "lib/Frontend/GraphReader.h"
#include "lib/Frontend/Import.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include <functional>

namespace symc {

inline llvm::StringRef ref(std::string_view text) { return {text.data(), text.size()}; }
inline std::string_view view(llvm::StringRef text) { return {text.data(), text.size()}; }

/// A value of an attribute, from JSON or from an expression.
struct Literal {
  enum Kind { Null, Bool, Integer, Real, String, List, Size, Bad };
  Kind kind = Null;
  TextRange range;
  int64_t integer = 0; // Integer, Bool
  double real = 0;     // Integer, Real
  std::string_view text;
  std::vector<Literal> items;
  Dim size;
};

/// An attribute as written: its name, where that stands, and its value.
struct AttributeArgument {
  std::string_view name;
  TextRange nameRange;
  Literal value;
};

/// An operand: a tensor, or a literal that takes the type of the tensors it meets.
struct Operand {
  mlir::Value value; // null: a literal, or nothing
  TextRange range;
  bool bad = false;    // depends on something that has been reported
  bool isReal = false; // a literal that needs a floating type
  bool isBool = false;
  bool absent = false;   // optional, and left out in front of others
  std::string text;      // a literal as written
  std::string_view name; // the operand that it is, where it is given by name
  TextRange nameRange;
  /// Builds the scalar of that element type; null after reporting that it cannot be one.
  std::function<mlir::Value(mlir::Type)> build;
};

/// A dimension of the file.
struct SymbolicDim {
  Dim size;        // a symbol, or the constant that an option fixes
  TextRange range; // of its first use
  DimDecl bounds;
};

class ImportContext {
public:
  ImportContext(const Reporter &report, mlir::OpBuilder &b, llvm::StringRef file)
      : report(report), b(b), context(b.getContext()), fileName(mlir::StringAttr::get(context, file)) {}

  const Reporter &report;
  mlir::OpBuilder &b;
  mlir::MLIRContext *context;
  mlir::StringAttr fileName;
  llvm::StringMap<SymbolicDim> dims;
  std::vector<std::string> dimOrder;
  /// Operations made so far by inlining functions.
  size_t inlined = 0;

  mlir::Location location(TextRange range, llvm::StringRef name) {
    SourceText::Place place = report.source.place(range.begin);
    return mlir::NameLoc::get(b.getStringAttr(name), mlir::FileLineColLoc::get(fileName, place.line, place.column));
  }
  std::string_view textOf(TextRange range) const {
    return report.source.text().substr(range.begin, range.end - range.begin);
  }
  mlir::RankedTensorType tensorType(const TypeText &type);
  /// Null after reporting that no input introduces `name`.
  Dim dimension(std::string_view name, TextRange range);
  Literal literal(const JsonValue &value);
};

inline mlir::Type elementOf(mlir::Value value) {
  return llvm::cast<mlir::RankedTensorType>(value.getType()).getElementType();
}

/// The attribute of that kind; null after reporting that `value` is none.
mlir::Attribute readAttribute(ImportContext &context, const OpSchema &op, const AttrSchema &schema,
                              const Literal &value);

/// Reads the values or the file of a constant; null after reporting.
mlir::ElementsAttr readConstant(ImportContext &context, const TensorDecl &decl, llvm::StringRef folder);

/// The `init` of a parameter; null after reporting.
mlir::Attribute readInitializer(ImportContext &context, const TensorDecl &decl, mlir::RankedTensorType type);

/// Builds sym.train from the optimizer, the schedule and the numbers of the section. `rate` stands in place of the
/// optimizer's own. False after reporting.
bool buildTrain(ImportContext &context, const TrainDecl &train, std::optional<double> rate);
/// Reports the numbers that a trainable parameter's element type cannot hold.
void checkTrainNumbers(ImportContext &context, const TrainDecl &train, mlir::Type element, std::optional<double> rate);

/// Reports an unknown name among `candidates` with the nearest of them.
void reportUnknown(const Reporter &report, TextRange range, std::string_view code, std::string message,
                   const std::string &suggestion);

//===----------------------------------------------------------------------===//
// Ops
//===----------------------------------------------------------------------===//

/// What a new op belongs to.
struct OpPlace {
  TextRange op;          // where the op is named
  TextRange whole;       // the expression or the node
  std::string name;      // of its location
  std::string_view node; // the node's name, which layers' parameters begin with
  TextRange nodeRange;
  bool inExpression = false;
};

/// Creates the parameters of layers: `node/name`.
using MakeParameter = std::function<mlir::Value(const OpPlace &place, const LayerParameter &parameter)>;

/// The results of an op without those that nobody names where there is one name.
llvm::ArrayRef<mlir::Value> withoutUnnamed(llvm::ArrayRef<mlir::Value> results);

class OpMaker {
public:
  OpMaker(ImportContext &context, MakeParameter makeParameter)
      : context(context), makeParameter(std::move(makeParameter)) {}

  /// The schema of the op; null after reporting that there is none.
  const OpSchema *find(std::string_view name, TextRange range, llvm::ArrayRef<std::string> alsoCallable = {});

  /// Checks and builds; the results. Empty after reporting, or without a report when an operand is bad.
  llvm::SmallVector<mlir::Value> make(const OpSchema &schema, llvm::MutableArrayRef<Operand> operands,
                                      llvm::ArrayRef<AttributeArgument> attributes, const OpPlace &place);

  /// Reads the attributes as the schema says; false after reporting. `meant` gets what misspelt names, which are
  /// reported, probably stand for.
  bool readAttributes(const OpSchema &schema, llvm::ArrayRef<Operand> operands,
                      llvm::ArrayRef<AttributeArgument> attributes, const OpPlace &place, mlir::NamedAttrList &out,
                      std::vector<std::string> &meant);
  /// Whether the type is within the limits of a tensor; false after reporting.
  bool checkResult(mlir::Type type, const OpPlace &place);

  /// Puts operands that are given by name into their places, after those that are not. False after reporting.
  bool arrange(const OpSchema &schema, llvm::SmallVectorImpl<Operand> &operands, const OpPlace &place);

  /// Whether the last `make` of that op made parameters, or could have.
  bool isLayer(const OpSchema &schema);

  mlir::Value scalar(mlir::Location loc, mlir::Type element, double real, int64_t integer, bool isReal);

private:
  bool checkCount(const OpSchema &schema, size_t given, bool layer, const OpPlace &place);
  void reportLacking(const OpSchema &schema, size_t operand, const OpPlace &place);
  bool makeParameters(const OpSchema &schema, llvm::SmallVectorImpl<mlir::Value> &operands,
                      llvm::ArrayRef<LayerParameter> made, const OpPlace &place);
  const OperandSchema &slot(const OpSchema &schema, size_t index);
  bool typeLiterals(const OpSchema &schema, llvm::MutableArrayRef<Operand> operands,
                    llvm::ArrayRef<AttributeArgument> attributes, const OpPlace &place);
  bool checkElementTypes(const OpSchema &schema, llvm::ArrayRef<Operand> operands, const OpPlace &place);
  bool broadcast(llvm::MutableArrayRef<Operand> operands, mlir::Location loc, const OpPlace &place);
  void reportInference(llvm::StringRef message, const OpSchema &schema, llvm::ArrayRef<Operand> operands,
                       llvm::ArrayRef<AttributeArgument> attributes, const OpPlace &place);
  bool checkNumbers(const OpSchema &schema, const mlir::NamedAttrList &attrs,
                    llvm::ArrayRef<AttributeArgument> attributes, mlir::Type result);

  mlir::Operation *layerBehind(mlir::Value value) const;

  void warn(TextRange range, std::string_view code, std::string message, Reporter::More more);
  void warnOfPairs(llvm::ArrayRef<Operand> operands, size_t rank, const OpPlace &place);
  void warnOfProbabilities(const OpSchema &schema, llvm::ArrayRef<Operand> operands, const OpPlace &place);

  ImportContext &context;
  MakeParameter makeParameter;
  llvm::DenseSet<mlir::Operation *> typedByThemselves;       // layers whose only floating operands are what they made
  llvm::DenseSet<std::pair<size_t, llvm::StringRef>> warned; // place and code
};

} // namespace symc

#endif // SYMC_FRONTEND_IMPORTCONTEXT_H
