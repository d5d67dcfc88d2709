//===- RenderJson.cpp - Diagnostics as one JSON object a line -------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Support/Json.h"
#include "lib/Support/Render.h"
#include "lib/Support/Text.h"

#include <nlohmann/json.hpp>

using namespace symc;

std::string symc::renderJson(const Diagnostic &d) {
  Json row = {{"severity", severityName(d.severity)}, {"code", d.code}};
  // Of the command line, and of a file as a whole, there is no place: null.
  row["file"] = d.file.empty() ? Json() : Json(oneLine(d.file));
  row["line"] = d.line ? Json(d.line) : Json();
  row["column"] = d.line ? Json(d.column) : Json();
  if (d.endLine) {
    row["end_line"] = d.endLine;
    row["end_column"] = d.endColumn;
  }
  row["message"] = oneLine(d.message);
  if (!d.hint.empty())
    row["hint"] = oneLine(d.hint);
  if (!d.suggestion.empty())
    row["suggestion"] = oneLine(d.suggestion);
  for (const DiagnosticNote &note : d.notes)
    row["notes"].push_back({{"message", oneLine(note.message)},
                            {"file", oneLine(note.file)},
                            {"line", note.line},
                            {"column", note.column}});
  return jsonLine(row) + "\n";
}
