//===- OutputSections.cpp - Outputs and entry points ----------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Frontend/SectionReader.h"
#include "lib/Support/Json.h"

#include <map>

using namespace symc;

void symc::readNamedOutputs(SectionReader &in, const JsonValue &object, std::string_view what,
                            std::vector<OutputDecl> &out) {
  for (const JsonMember &member : object.members()) {
    in.readPublicName(member.key, member.keyRange, what);
    if (wantKind(member.value, JsonValue::String, std::string(what) + " " + quoted(member.key), in.report))
      out.push_back({{member.key, member.keyRange}, &member.value});
  }
}

void symc::readOutputs(SectionReader &in, const JsonValue &value, std::vector<OutputDecl> &out) {
  if (value.is(JsonValue::Object)) {
    readNamedOutputs(in, value, "an output", out);
  } else if (value.is(JsonValue::Array)) {
    std::map<std::string_view, TextRange> seen;
    for (const JsonValue &item : value.items()) {
      if (!wantKind(item, JsonValue::String, "an output", in.report))
        continue;
      std::string_view name = item.string();
      auto [first, isNew] = seen.try_emplace(name, item.range);
      if (!isNew) {
        in.report.error(item.range, code::DuplicateOutput, "the output " + quoted(name) + " is listed twice",
                        {"", "", {in.report.note(first->second, "first listed here")}});
        continue;
      }
      // What stands in a list is its own public name; other names and expressions need one.
      in.readPublicName(name, item.range, "an output",
                        "give it a public name: \"outputs\": { \"y\": " + jsonQuoted(name.substr(0, 60)) + " }");
      out.push_back({{name, item.range}, &item});
    }
  } else if (!value.is(JsonValue::Bad)) {
    in.report.error(value.range, code::WrongKind,
                    "'outputs' must be a list of names or an object, not " + std::string(kindName(value)));
    return;
  }
  if (value.count == 0 && !value.is(JsonValue::Bad))
    in.report.error(value.range, code::EmptyList, "'outputs' is empty");
}

/// Neither a name that every model has already, nor one that makes a C function of a name that somebody else has.
static void checkEntryName(SectionReader &in, const DeclaredName &name, const GraphDecl &graph) {
  if (in.reserved.entryPoint(name.text))
    return in.checkReserved(name, in.reserved.entryPoint, "an entry point");
  if (!publicNameProblem(graph.name).empty() || in.reserved.model(graph.name))
    return; // the model's name is reported
  if (std::optional<NameHolder> holder = in.reserved.function(graph.name, name.text))
    in.report.error(name.range, holder->code,
                    "an entry point of the model " + quoted(graph.name) + " cannot be called " + quoted(name.text) +
                        ": " + quoted(std::string(graph.name) + "_" + std::string(name.text)) + " is " +
                        std::string(holder->what),
                    "the C function is called as the model, '_' and the entry point");
}

void symc::readEntryPoints(SectionReader &in, const JsonValue &section, GraphDecl &graph) {
  for (const JsonMember &member : section.members()) {
    if (in.readPublicName(member.key, member.keyRange, "an entry point"))
      checkEntryName(in, {member.key, member.keyRange}, graph);
    if (!wantKind(member.value, JsonValue::Object, "an entry point", in.report))
      continue;
    in.checkKeys(member.value, "an entry point", {"outputs", "stream", "doc"});
    EntryDecl entry;
    entry.stream = in.get(member.value, "stream", JsonValue::String, false, "an entry point");
    entry.name = {member.key, member.keyRange};
    if (const JsonValue *outputs = in.get(member.value, "outputs"))
      readOutputs(in, *outputs, entry.outputs);
    else
      in.get(member.value, "outputs", JsonValue::Array, true, "an entry point");
    graph.entries.push_back(std::move(entry));
  }
}
