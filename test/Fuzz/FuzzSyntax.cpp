//===- FuzzSyntax.cpp - Arbitrary bytes as a graph file and an expression -===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Frontend/GraphReader.h"
#include "lib/Support/Render.h"

using namespace symc;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  std::string text(reinterpret_cast<const char *>(data), size);
  Diagnostics diagnostics;
  SourceText source("fuzz.json", text);
  diagnostics.addSource("fuzz.json", text);
  if (auto document = readJson(source, diagnostics)) {
    Reporter report(source, diagnostics);
    readGraph(document->root, report);
  }
  std::string said = renderText(diagnostics) + renderJson(diagnostics);
  for (size_t i = 0; i < said.size();) {
    size_t length = utf8Length(said, i);
    if (length == 0)
      __builtin_trap();
    i += length;
  }
  SyntaxError error;
  auto expression = parseExpression(text, error);
  if (expression)
    for (uint32_t i = 0; i < expression->nodes.size(); ++i)
      for (uint32_t part : expression->partsOf(expression->nodes[i]))
        if (part >= i || part < expression->nodes[i].firstNode)
          __builtin_trap();
  if (!expression && (error.range.begin > error.range.end || error.range.end > size))
    __builtin_trap();
  TypeText type;
  parseTypeText(text, type, error);
  return 0;
}
