//===- Bisect.cpp - `symc bisect` -----------------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "tools/symc/Bisect.h"
#include "lib/Support/Json.h"
#include "tools/symc/Compiler.h"
#include "tools/symc/TemporaryLibrary.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace symc::cli {

namespace {

using host::Library;
using host::usageError;
using host::Witness;

/// The functions whose results are those of a call alone.
constexpr std::initializer_list<const char *> kFunctions = {"predict", "loss", "gradients", "evaluate"};

/// A library of the graph, compiled for this run.
class Compiled {
public:
  Compiled(const Arguments &arguments, host::WitnessOptions options, bool exposesValues, bool isFirst) {
    CompileRequest request(arguments);
    request.setOutput(temporary.path(), /*header=*/false);
    request.options.debug_values = exposesValues;
    request.errorsOnly = !isFirst;
    if (exposesValues)
      request.setFunctions({"predict"}, /*named=*/false);
    exit = runCompiler(CompilerCommand::Compile, request);
    if (exit)
      return;
    library.emplace(temporary.load(arguments.file));
    if (!isFirst) // which has warned
      dropUnused(options.data);
    witness.emplace(*library, kFunctions, this->options = std::move(options));
  }

  int exit = 0; // of the compiler
  std::optional<Library> library;
  std::optional<Witness> witness;

private:
  TemporaryLibrary temporary;
  host::WitnessOptions options;

  void dropUnused(host::DataOptions &data) const {
    auto isUnused = [&](const auto &file) {
      for (const char *name : kFunctions)
        if (int32_t index = library->find(name); index >= 0)
          for (int32_t i = 0; i < library->function(index).input_count; ++i)
            if (file.first == library->function(index).inputs[i].name)
              return false;
      return true;
    };
    data.files.erase(std::remove_if(data.files.begin(), data.files.end(), isUnused), data.files.end());
  }
};

class Bisection {
public:
  Bisection(const Arguments &arguments, const host::WitnessOptions &options) : arguments(arguments), options(options) {}

  /// The exit code, in which 1 still is that of a wrong input where `found` is false.
  int run() {
    if (arguments.has("--passes"))
      return examinePasses();
    Compiled exposing(arguments, options, /*exposesValues=*/true, /*isFirst=*/true);
    if (exposing.exit)
      return exposing.exit;
    if (!arguments.has("--nan"))
      if (int exit = ask(*exposing.witness, SYMC_EXAMINE_NODES, "predict"))
        return exit;
    Compiled plain(arguments, options, /*exposesValues=*/false, /*isFirst=*/false);
    if (plain.exit)
      return plain.exit;
    return arguments.has("--nan") ? searchNotFinite(*exposing.witness, *plain.witness) : examineResults(*plain.witness);
  }
  bool found = false;

private:
  const Arguments &arguments;
  const host::WitnessOptions &options;

  /// `values` are the results of that function of the witness; none without one. `about`: the function of the question.
  int ask(Witness &witness, symc_question question, const std::string &function, const std::string &about = {}) {
    std::vector<host::NamedArray> given = witness.arguments(), values;
    if (!function.empty())
      values = witness.results(function);
    CompileRequest request(arguments);
    request.errorsOnly = true;
    request.setExamination(question, about, given, values, witness.seed());
    int exit = runCompiler(CompilerCommand::Examine, request);
    found |= exit == 1;
    return exit;
  }

  static bool areFinite(const std::vector<host::NamedArray> &arrays) {
    return std::all_of(arrays.begin(), arrays.end(), isFinite);
  }

  int examineResults(Witness &witness) {
    for (const std::string &function : witness.functions())
      if (int exit = ask(witness, SYMC_EXAMINE_RESULTS, function, function))
        return exit;
    return host::Done;
  }

  /// What the passes leave as it is may still become wrong code.
  int examinePasses() {
    Compiled plain(arguments, options, /*exposesValues=*/false, /*isFirst=*/true);
    if (plain.exit)
      return plain.exit;
    if (int exit = ask(*plain.witness, SYMC_EXAMINE_PASSES, ""))
      return exit;
    return examineResults(*plain.witness);
  }

  static bool isFinite(const host::NamedArray &array) {
    return std::all_of(array.reals.begin(), array.reals.end(), [](double x) { return std::isfinite(x); });
  }

  /// The ops first. A derivative may be NaN where every value is finite; and where a value is not, and no op is at
  /// fault, it comes from an input, a parameter or a constant. Results only tell of it.
  int searchNotFinite(Witness &exposing, Witness &plain) {
    bool valuesAre = areFinite(exposing.results("predict")), argumentsAre = areFinite(exposing.arguments());
    std::vector<std::string> suspects = plain.functions();
    if (!valuesAre || !argumentsAre) {
      suspects.clear();
      const std::vector<std::string> &all = plain.functions();
      if (argumentsAre && std::find(all.begin(), all.end(), "gradients") != all.end())
        suspects.emplace_back("gradients");
      bool areGradients = suspects.empty() || areFinite(plain.results("gradients"));
      if (int exit = ask(exposing, SYMC_EXAMINE_NOT_FINITE, "predict", areGradients ? "" : "gradients"))
        return exit;
    }
    for (const std::string &function : suspects)
      for (const host::NamedArray &result : plain.results(function))
        if (!isFinite(result))
          return tell({{"function", function}, {"result", result.name}}, result);
    return argumentsAre ? int(host::Done) : examineArguments(plain);
  }

  /// The first input or parameter that is not finite, where a result is not.
  int examineArguments(Witness &plain) {
    const std::vector<std::string> &functions = plain.functions();
    if (std::all_of(functions.begin(), functions.end(),
                    [&](const std::string &function) { return areFinite(plain.results(function)); }))
      return host::Done;
    for (const host::NamedArray &argument : plain.arguments())
      if (!isFinite(argument))
        return tell({{"node", argument.name}, {"given", true}}, argument);
    return host::Done;
  }

  /// Prints what is found, as symc_session_examine tells it, and where in the array.
  int tell(Json finding, const host::NamedArray &array) {
    finding.update(firstNotFinite(array));
    printFinding(jsonLine(finding));
    found = true;
    return 1;
  }

  static Json firstNotFinite(const host::NamedArray &result) {
    auto wrong = [](double x) { return !std::isfinite(x); };
    int64_t at = std::find_if(result.reals.begin(), result.reals.end(), wrong) - result.reals.begin();
    std::vector<int64_t> element(result.shape.size());
    double value = result.reals[at];
    for (size_t axis = element.size(); axis-- > 0; at /= result.shape[axis])
      element[axis] = at % result.shape[axis];
    return {{"element", element},
            {"value", jsonReal(value)},
            {"differ", std::count_if(result.reals.begin(), result.reals.end(), wrong)},
            {"elements", result.reals.size()}};
  }
};

} // namespace

int bisect(const Arguments &arguments, const host::WitnessOptions &options) {
  if (arguments.has("--nan") && arguments.has("--passes"))
    throw usageError(code::OptionConflict, "--nan and --passes ask different questions");
  try {
    if (TemporaryLibrary::isLibrary(arguments.file))
      throw usageError(code::OptionConflict,
                       "`symc bisect` needs the graph file that " + printable(arguments.file) + " was compiled from");
    host::SayOnce once; // of several libraries of the graph
    Bisection bisection(arguments, options);
    int exit = bisection.run();
    return exit == host::WrongInput && !bisection.found ? host::WrongUsage : exit;
  } catch (host::Error &error) {
    if (error.exit == host::WrongInput)
      error.exit = host::WrongUsage;
    throw;
  }
}

} // namespace symc::cli
