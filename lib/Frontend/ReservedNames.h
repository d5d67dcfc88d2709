//===- ReservedNames.h - Names that a graph may not take ------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// What is made of a graph has names of its own: those of generated functions, of a header and what is used beside it,
// of the columns of a log. The front end does not know them: whoever asks for an import hands the rules in.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_FRONTEND_RESERVEDNAMES_H
#define SYMC_FRONTEND_RESERVEDNAMES_H

#include <optional>
#include <string_view>

namespace symc {

/// What has a name already.
struct NameHolder {
  std::string_view code; // of the error
  std::string_view what; // "a keyword of C or C++"
};

/// Nothing for a name that is free.
using NameRule = std::optional<NameHolder> (*)(std::string_view name);

/// The same for the function that an entry point becomes, whose name is made of two.
using FunctionRule = std::optional<NameHolder> (*)(std::string_view model, std::string_view entryPoint);

struct ReservedNames {
  static std::optional<NameHolder> none(std::string_view) { return std::nullopt; }
  static std::optional<NameHolder> noFunction(std::string_view, std::string_view) { return std::nullopt; }

  NameRule model = none;
  NameRule entryPoint = none;
  FunctionRule function = noFunction;
  NameRule metric = none;
};

} // namespace symc

#endif // SYMC_FRONTEND_RESERVEDNAMES_H
