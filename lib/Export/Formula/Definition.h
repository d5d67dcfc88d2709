//===- Definition.h - What formulas name --------------------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A formula refers to named parts of it by their names. The body of a loop is a function, whose
// own definitions are seen in it alone; it also refers to names that stand outside of it.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_EXPORT_FORMULA_DEFINITION_H
#define SYMC_EXPORT_FORMULA_DEFINITION_H

#include "lib/Export/Formula/Expression.h"
#include "llvm/ADT/StringSet.h"

namespace symc::formula {

struct Function;

/// names = value, or function
struct Definition {
  std::vector<std::string> names; // one for each part of a tuple; empty: nothing reads that part
  Ex value = nullptr;
  std::shared_ptr<const Function> function = nullptr;
};

struct Function {
  std::vector<std::string> parameters;
  std::vector<Definition> definitions; // in an order in which they can be read
  Ex value = nullptr;
};

/// Adds the names that the expression refers to.
void addNames(Ex e, llvm::StringSet<> &names);

/// Those of the definitions that the expressions refer to, in their order. Names of parts that nothing reads become
/// empty.
std::vector<Definition> neededBy(llvm::ArrayRef<Ex> expressions, std::vector<Definition> definitions);

/// Adds all names and expressions of the definitions.
void collect(llvm::ArrayRef<Definition> definitions, std::vector<std::string> &names,
             llvm::SmallVectorImpl<Ex> &expressions);

} // namespace symc::formula
#endif
