//===- GraphReader.h - The structure of a graph file ----------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// First half of the import: which keys stand where, with values of the right kind, and names and types that follow the
// rules. What a name refers to, and everything about ops, is the importer's. Needs the standard library only.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_FRONTEND_GRAPHREADER_H
#define SYMC_FRONTEND_GRAPHREADER_H

#include "lib/Frontend/Names.h"
#include "lib/Frontend/ReservedNames.h"

namespace symc {

struct OtherName;

/// Reports mistakes at ranges of one text.
class Reporter {
public:
  Reporter(const SourceText &source, Diagnostics &diagnostics) : source(source), diagnostics(diagnostics) {}

  struct More {
    std::string hint;
    std::string suggestion;
    std::vector<DiagnosticNote> notes;
  };
  void error(TextRange range, std::string_view code, std::string message, More more) const;
  void error(TextRange range, std::string_view code, std::string message, std::string hint = "") const {
    error(range, code, std::move(message), More{std::move(hint), "", {}});
  }
  void warning(TextRange range, std::string_view code, std::string message, More more = {"", "", {}}) const;
  void remark(TextRange range, std::string_view code, std::string message, More more) const;
  /// An error inside a string value.
  void error(const StringPlaces &places, const SyntaxError &mistake) const;
  /// Whether another error would be shown: where not, what was meant need not be looked for among all names of a file.
  bool hasRoom() const { return diagnostics.errorCount() < Diagnostics::errorLimit; }
  DiagnosticNote note(TextRange range, std::string message) const { return noteAt(source, range, std::move(message)); }

  const SourceText &source;
  Diagnostics &diagnostics;
  /// The calls, from the outermost on, whose types what is being read has: notes of its errors.
  std::vector<DiagnosticNote> within;

private:
  Diagnostic describe(TextRange range, std::string_view code, std::string message, More more) const;
};

/// A name as the file declares it.
struct DeclaredName {
  std::string_view text;
  TextRange range;
};

struct DimDecl {
  DeclaredName name;
  int64_t min = 1;
  int64_t max = INT64_MAX;
  int64_t multipleOf = 1;
};

/// An input, parameter or constant. `type` is nothing when it was wrong (and reported).
struct TensorDecl {
  DeclaredName name;
  std::optional<TypeText> type;
  const JsonValue *typeValue = nullptr;
  std::string_view doc;
  // Parameters.
  const JsonValue *init = nullptr;
  bool trainable = true;
  // Constants.
  TextRange object;
  const JsonValue *value = nullptr;
  const JsonValue *file = nullptr;
  const JsonValue *key = nullptr;
};

struct NodeDecl {
  std::vector<DeclaredName> names;
  TextRange object;
  const JsonValue *expr = nullptr;
  const JsonValue *op = nullptr;
  std::vector<const JsonValue *> inputs;
  std::vector<DeclaredName> operands; // the names of `inputs`, where these are given by name
  const JsonValue *attrs = nullptr;
  std::string_view doc;
  bool bad = false; // its mistakes are reported; its names are defined all the same
};

/// A public name and the name or expression that it stands for.
struct OutputDecl {
  DeclaredName name;
  const JsonValue *value = nullptr;
};

struct FunctionDecl {
  DeclaredName name;
  std::vector<TensorDecl> inputs;
  bool typed = true; // otherwise the types of the inputs come from each call
  std::vector<NodeDecl> nodes;
  std::vector<const JsonValue *> outputs;
  bool bad = false;
};

struct EntryDecl {
  DeclaredName name;
  const JsonValue *stream = nullptr; // the name of a dimension
  std::vector<OutputDecl> outputs;
};

/// `{ "adam": { "learning_rate": 0.01 } }`: the name and its options.
struct ChoiceDecl {
  DeclaredName name;
  const JsonValue *options = nullptr; // an object; null for the name alone
};

struct TrainDecl {
  TextRange object;
  const JsonValue *loss = nullptr;
  std::optional<ChoiceDecl> optimizer;
  std::optional<ChoiceDecl> schedule;
  std::vector<OutputDecl> metrics; // one without a value is a ready one
  std::optional<double> clipGlobalNorm;
  double weightDecay = 0;
  const JsonValue *clipValue = nullptr, *decayValue = nullptr;
  int64_t accumulateSteps = 1;
  const JsonValue *accumulateValue = nullptr;
  std::vector<const JsonValue *> freeze, remat; // patterns
};

struct GraphDecl {
  std::string_view name;
  TextRange nameRange;
  std::string_view doc;
  std::vector<DimDecl> dims;
  std::vector<TensorDecl> inputs;
  std::vector<TensorDecl> parameters;
  std::vector<TensorDecl> constants;
  std::vector<FunctionDecl> functions;
  std::vector<NodeDecl> nodes;
  std::vector<OutputDecl> outputs;
  std::vector<EntryDecl> entries;
  std::optional<TrainDecl> train;
  std::vector<const JsonValue *> placed; // the patterns of placement rules
  /// A section or a node's name could not be read, so that names may be missing for reasons that are reported.
  bool incomplete = false;
};

/// The parts of a graph file that are right; the mistakes are reported.
GraphDecl readGraph(const JsonValue &root, const Reporter &report, const ReservedNames &reserved = {});

/// Reads `value` as a string, bool, number, …; reports `what` otherwise.
bool wantKind(const JsonValue &value, JsonValue::Kind kind, std::string_view what, const Reporter &report);
std::string_view kindName(const JsonValue &value);
/// A name alone or an object with one key.
std::optional<ChoiceDecl> readChoice(const JsonValue &value, std::string_view what, const Reporter &report);
/// What a key is called here, or null: `findOtherName` in a table.
using OtherKeys = const OtherName *(*)(std::string_view key);
/// Reports the keys of `object` that are not among `known`, with suggestions.
/// Gives the suggestions: keys that were probably meant and are not missing.
std::vector<std::string> checkKeys(const JsonValue &object, std::string_view where,
                                   const std::vector<std::string_view> &known, const Reporter &report,
                                   OtherKeys otherKeys = nullptr);

} // namespace symc

#endif // SYMC_FRONTEND_GRAPHREADER_H
