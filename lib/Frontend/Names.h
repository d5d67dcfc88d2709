//===- Names.h - The rules for names and types of a graph file ------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef SYMC_FRONTEND_NAMES_H
#define SYMC_FRONTEND_NAMES_H

#include "lib/Frontend/ExpressionParser.h"
#include "lib/Support/ElementTypes.h"

#include <string>
#include <string_view>
#include <vector>

namespace symc {

/// Why `name` cannot name something inside the graph; empty when it can.
std::string graphNameProblem(std::string_view name);
/// Why `name` cannot name an input, output, metric or entry point; empty when it can.
std::string publicNameProblem(std::string_view name);
/// `[A-Za-z_][A-Za-z0-9_]*`.
bool isIdentifier(std::string_view name);

std::optional<ElementType> elementTypeByName(std::string_view name);

struct DimText {
  bool symbolic;
  int64_t size;          // of one that is a number
  std::string_view name; // of one that is not
  TextRange range;
};

/// `f32[batch, 2]`.
struct TypeText {
  ElementType element = ElementType::F32;
  TextRange elementRange;
  std::vector<DimText> dims;
};

/// False when `text` is no type; `error` then says why, in bytes of `text`.
bool parseTypeText(std::string_view text, TypeText &type, SyntaxError &error);

/// `cpu:0`; false with the reason otherwise.
bool parseDevice(std::string_view text, std::string &kind, unsigned &number, SyntaxError &error);

constexpr size_t dimensionLimit = 32;
constexpr size_t graphNameLimit = 255;
constexpr size_t modelNameLimit = 64;

} // namespace symc

#endif // SYMC_FRONTEND_NAMES_H
