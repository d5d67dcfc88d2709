//===- CompileRequest.h - What the compiler is asked for ------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_TOOLS_SYMC_COMPILEREQUEST_H
#define SYMC_TOOLS_SYMC_COMPILEREQUEST_H

#include "lib/Host/Witness.h"
#include "symc/compiler.h"
#include "tools/symc/Options.h"

#include <deque>
#include <memory>

namespace symc::cli {

/// The structs of symc/compiler.h with the memory that they point into.
class CompileRequest {
public:
  /// What the command line says. Wrong values throw host::Error.
  explicit CompileRequest(const Arguments &arguments);
  CompileRequest(const CompileRequest &) = delete;

  symc_compile_options options = {};
  symc_formula_options formula = {};
  symc_examination examination = {};
  bool errorsOnly = false; // warnings were told before
  std::string textFile;    // receives the text of a stage; empty: standard output

  /// The library to write.
  void setOutput(const std::string &path, bool header);
  /// What a command needs: the user has not chosen it, unless `--function` has.
  void setFunctions(const std::vector<std::string> &names, bool named);
  /// What `symc bisect` asks; `function` is that of results. The arrays are not copied.
  void setExamination(symc_question question, const std::string &function,
                      const std::vector<host::NamedArray> &arguments, const std::vector<host::NamedArray> &values,
                      int64_t seed);
  /// How the command line says a field of `options`.
  std::string spelling(const std::string &field) const;

private:
  const char *keep(const std::string &text) { return texts.emplace_back(text).c_str(); }
  const char *const *keep(const std::vector<std::string> &items, int32_t &count);
  const symc_array *const *keep(const std::vector<host::NamedArray> &items, int32_t &count);

  std::deque<std::string> texts;
  std::deque<std::vector<const char *>> lists;
  std::deque<symc_array> arrays;
  std::deque<std::vector<const symc_array *>> arrayLists;
  std::vector<int64_t> dimValues;
  double learningRate = 0;
  const char *functionsOption = "--functions";
};

} // namespace symc::cli

#endif // SYMC_TOOLS_SYMC_COMPILEREQUEST_H
