//===- HeadSections.cpp - 'symc', 'name' and 'dims' -----------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Frontend/SectionReader.h"

using namespace symc;

void symc::readVersion(SectionReader &in, const JsonValue &root) {
  const JsonValue *version = in.get(root, "symc", JsonValue::Number, true, "the graph file");
  if (!version)
    return;
  std::optional<int64_t> number = in.integer(*version, "'symc'");
  if (number && *number != 1)
    in.report.error(version->range, code::WrongVersion,
                    "this version of symc reads format version 1, not " + std::to_string(*number));
}

void symc::readModelName(SectionReader &in, const JsonValue &root, GraphDecl &graph) {
  const JsonValue *value = in.get(root, "name", JsonValue::String, true, "the graph file");
  if (!value)
    return;
  graph.name = value->string();
  graph.nameRange = value->range;
  std::string said = "the model's name " + quoted(graph.name);
  std::string problem = publicNameProblem(graph.name);
  if (!problem.empty())
    in.report.error(value->range, code::BadModelName, said + " " + problem,
                    "it becomes the prefix of the C symbols: a letter, then letters, digits and '_'");
  else if (graph.name.size() > modelNameLimit)
    in.report.error(value->range, code::BadModelName,
                    said + " has more than " + std::to_string(modelNameLimit) + " characters");
  else if (std::optional<NameHolder> holder = in.reserved.model(graph.name))
    in.report.error(value->range, holder->code, said + " is " + std::string(holder->what),
                    "it becomes a type and the prefix of the C symbols");
}

/// The bounds of one dimension; those that contradict each other are left as if they were not given.
static void readBounds(SectionReader &in, const JsonMember &member, DimDecl &decl) {
  in.checkKeys(member.value, "the bounds of a dimension", {"min", "max", "multiple_of"});
  bool good = true;
  auto read = [&](std::string_view key, int64_t least, int64_t &out) {
    const JsonValue *value = in.get(member.value, key);
    std::optional<int64_t> number = value ? in.integer(*value, quoted(key)) : std::nullopt;
    good &= !value || number;
    if (number && *number < least) {
      in.report.error(value->range, code::BadDimBounds,
                      quoted(key) + " must be " + std::to_string(least) + " or more, not " + std::to_string(*number));
      good = false;
    }
    out = number.value_or(out);
    return value;
  };
  const JsonValue *min = read("min", 0, decl.min), *max = read("max", 1, decl.max);
  const JsonValue *multiple = read("multiple_of", 1, decl.multipleOf);
  if (good && decl.min > decl.max) {
    in.report.error((max ? max : min)->range, code::BadDimBounds,
                    "'max' of " + quoted(member.key) + " is " + std::to_string(decl.max) + ", less than its 'min' " +
                        std::to_string(decl.min));
    good = false;
  }
  // The smallest multiple that is not below `min` must not be above `max`.
  if (good && multiple) {
    int64_t rest = decl.min % decl.multipleOf, least = decl.min;
    bool fits = rest == 0 || !__builtin_add_overflow(decl.min, decl.multipleOf - rest, &least);
    if (!fits || least > decl.max) {
      in.report.error(multiple->range, code::BadDimBounds,
                      "no multiple of " + std::to_string(decl.multipleOf) + " lies between " +
                          std::to_string(decl.min) + " and " + std::to_string(decl.max));
      good = false;
    }
  }
  if (!good) {
    decl.min = 1;
    decl.max = INT64_MAX;
    decl.multipleOf = 1;
  }
}

void symc::readDims(SectionReader &in, const JsonValue &section, GraphDecl &graph) {
  for (const JsonMember &member : section.members()) {
    if (!isIdentifier(member.key)) {
      in.report.error(member.keyRange, code::BadName,
                      "the dimension name " + quoted(member.key) + " is not an identifier",
                      "a letter or '_', then letters, digits and '_'");
      continue;
    }
    DimDecl decl;
    decl.name = {member.key, member.keyRange};
    if (wantKind(member.value, JsonValue::Object, "the bounds of " + quoted(member.key), in.report))
      readBounds(in, member, decl);
    graph.dims.push_back(decl);
  }
}
