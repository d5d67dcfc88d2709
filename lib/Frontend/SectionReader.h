//===- SectionReader.h - What the readers of sections share ---------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef SYMC_FRONTEND_SECTIONREADER_H
#define SYMC_FRONTEND_SECTIONREADER_H

#include "lib/Frontend/GraphReader.h"

#include <set>

namespace symc {

/// Keys, kinds and names of any section, and what is reported of them.
class SectionReader {
public:
  SectionReader(const Reporter &report, const ReservedNames &reserved) : report(report), reserved(reserved) {}

  void checkKeys(const JsonValue &object, std::string_view where, const std::vector<std::string_view> &known,
                 OtherKeys otherKeys = nullptr);
  /// Whether a misspelt key of the object, which is reported, stands for `key`.
  bool isMisspelt(const JsonValue &object, std::string_view key) const {
    return !meant.empty() && meant.count({object.range.begin, std::string(key)});
  }
  const JsonValue *get(const JsonValue &object, std::string_view key) const {
    const JsonMember *member = object.find(key);
    return member ? &member->value : nullptr;
  }
  /// The value of `key` if it has that kind; a missing one is reported when `required`.
  const JsonValue *get(const JsonValue &object, std::string_view key, JsonValue::Kind kind, bool required = false,
                       std::string_view where = {});
  std::string_view doc(const JsonValue &object) {
    const JsonValue *doc = get(object, "doc", JsonValue::String);
    return doc ? doc->string() : std::string_view();
  }

  // Nothing after reporting.
  std::optional<int64_t> integer(const JsonValue &value, std::string_view what);
  std::optional<double> number(const JsonValue &value, std::string_view what);

  /// Reports a key of the format that this version does not have, unless its value asks for nothing.
  void notYet(const JsonValue &object, std::string_view key, std::string_view what);
  void checkDevice(const JsonValue &object);
  void checkDeviceValue(const JsonValue &value);

  // False after reporting.
  bool readGraphName(std::string_view name, TextRange range, std::string_view what);
  bool readPublicName(std::string_view name, TextRange range, std::string_view what, std::string hint = "");
  /// Reports a name that is taken.
  void checkReserved(const DeclaredName &name, NameRule rule, std::string_view what);

  const Reporter &report;
  const ReservedNames &reserved;

private:
  std::set<std::pair<uint32_t, std::string>> meant; // the object and the key that a misspelt one stands for
};

// One function a section: what is right goes to the graph, the rest is reported.

void readVersion(SectionReader &in, const JsonValue &root);
void readModelName(SectionReader &in, const JsonValue &root, GraphDecl &graph);
void readDims(SectionReader &in, const JsonValue &section, GraphDecl &graph);

enum class TensorRole { Input, Parameter, Constant, FunctionInput };
void readTensors(SectionReader &in, const JsonValue &section, TensorRole role, std::vector<TensorDecl> &out);

void readNodes(SectionReader &in, const JsonValue &list, std::vector<NodeDecl> &out);
void readFunctions(SectionReader &in, const JsonValue &section, GraphDecl &graph);

void readOutputs(SectionReader &in, const JsonValue &value, std::vector<OutputDecl> &out);
/// Public names and what they stand for; `what` is "an output".
void readNamedOutputs(SectionReader &in, const JsonValue &object, std::string_view what, std::vector<OutputDecl> &out);
void readEntryPoints(SectionReader &in, const JsonValue &section, GraphDecl &graph);

void readTrain(SectionReader &in, const JsonValue &section, GraphDecl &graph);
void readPlacement(SectionReader &in, const JsonValue &section, GraphDecl &graph);

} // namespace symc

#endif // SYMC_FRONTEND_SECTIONREADER_H
