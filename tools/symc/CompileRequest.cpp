//===- CompileRequest.cpp - What the compiler is asked for ----------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "tools/symc/CompileRequest.h"
#include "lib/Driver/Stage.h"

#include <algorithm>
#include <cstdlib>
#include <set>

namespace symc::cli {

using host::usageError;

/// The stage that --emit names; NULL without it.
static const StageInfo *stageOf(const Arguments &arguments) {
  if (!arguments.has("--emit"))
    return nullptr;
  std::vector<std::string> names;
  for (const StageInfo &stage : stages())
    names.emplace_back(stage.name);
  const StageInfo *stage = findStage(arguments.choice("--emit", names, ""));
  if (!stage->isAvailable())
    throw usageError(code::CommandNotInThisVersion,
                     "--emit " + symc::quoted(stage->name) + " is of targets that this version does not have");
  return stage;
}

/// The target that --target names. Options of another one would be ignored.
static std::string targetOf(const Arguments &arguments) {
  std::vector<std::string> names;
  for (const TargetInfo *target : targetInfos)
    names.emplace_back(target->name);
  std::string target = arguments.choice("--target", names, names.front());
  for (const OptionInfo *option : arguments.given())
    if (option->target && option->target != target)
      throw usageError(code::OptionConflict, std::string(option->name) + " belongs to --target " + option->target);
  return target;
}

CompileRequest::CompileRequest(const Arguments &arguments) {
  options.size = sizeof options;
  options.input = keep(arguments.file);
  if (const StageInfo *stage = stageOf(arguments)) {
    options.emit = keep(std::string(stage->name));
    textFile = arguments.text("-o");
  } else if (arguments.has("-o")) {
    setOutput(arguments.text("-o"), /*header=*/true);
  }
  options.target = keep(targetOf(arguments));
  options.cpus = keep(arguments.list("--cpu"), options.cpu_count);
  if (arguments.has("--triple"))
    options.triple = keep(arguments.text("--triple"));
  options.gpu_archs = keep(arguments.list("--gpu-arch"), options.gpu_arch_count);
  std::vector<std::string> dimNames;
  for (const auto &[name, value] : arguments.dims()) {
    dimNames.push_back(name);
    dimValues.push_back(value);
  }
  options.dim_names = keep(dimNames, options.dim_count);
  options.dim_values = dimValues.data();
  std::set<std::string> functions;
  for (const std::string &name : arguments.list("--functions"))
    if (!functions.insert(name).second)
      throw usageError(code::RepeatedOption, "--functions gives " + symc::quoted(name) + " twice");
  options.functions = keep(arguments.list("--functions"), options.function_count);
  if (arguments.has("--embed-params"))
    options.params = keep(arguments.text("--params"));
  options.allow_extra = arguments.has("--allow-extra");
  options.allow_missing = arguments.has("--embed-params") && arguments.has("--allow-missing");
  options.freeze = keep(arguments.list("--freeze"), options.freeze_count);
  if (arguments.has("--learning-rate")) {
    learningRate = arguments.rate("--learning-rate");
    options.learning_rate = &learningRate;
  }
  options.threads = static_cast<int32_t>(arguments.integer("--threads", 0, 0, 4096));
  options.seed = arguments.seed();
  options.opt_level = SYMC_OPT_0 + static_cast<int32_t>(arguments.integer("-O", 2, 0, 3));
  options.fast_math = arguments.has("--fast-math");
  options.time_passes = arguments.has("--time-passes");
  if (options.time_passes && host::jsonDiagnostics()) {
    host::warn(code::OptionConflict, "--time-passes prints tables, which JSON diagnostics leave out");
    options.time_passes = 0;
  }
  options.log_device_placement = arguments.has("--log-device-placement");
  options.trace_points =
      arguments.has("--trace-points") || arguments.has("--trace") || arguments.has("--log-run-metadata");
  options.describe_graph = arguments.has("--logdir");
  options.watched = keep(arguments.list("--log-images"), options.watched_count);
  options.debug_fusion = keep(arguments.choice("--debug-fusion", {"on", "off"}, "on"));
  options.debug_arena = keep(arguments.choice("--debug-arena", {"planned", "separate", "poisoned"}, "planned"));
  options.debug_verify = getenv("SYMC_DEBUG_VERIFY") != nullptr;
  formula.size = sizeof formula;
  if (arguments.has("--of"))
    formula.of = keep(arguments.text("--of"));
  formula.wrt = keep(arguments.list("--wrt"), formula.wrt_count);
  formula.latex = arguments.choice("--format", {"text", "latex"}, "text") == "latex";
}

void CompileRequest::setOutput(const std::string &path, bool header) {
  options.output = keep(path);
  options.header = header;
}

void CompileRequest::setFunctions(const std::vector<std::string> &names, bool named) {
  options.functions = keep(names, options.function_count);
  options.functions_required = !named;
  functionsOption = "--function";
}

void CompileRequest::setExamination(symc_question question, const std::string &function,
                                    const std::vector<host::NamedArray> &arguments,
                                    const std::vector<host::NamedArray> &values, int64_t seed) {
  examination = {};
  examination.size = sizeof examination;
  examination.question = question;
  examination.function = keep(function);
  examination.arguments = keep(arguments, examination.argument_count);
  examination.values = keep(values, examination.value_count);
  examination.seed = seed;
}

std::string CompileRequest::spelling(const std::string &field) const {
  if (field == "functions")
    return functionsOption;
  if (field == "watched")
    return "--log-images";
  std::string option = "--" + field;
  std::replace(option.begin(), option.end(), '_', '-');
  return option;
}

const char *const *CompileRequest::keep(const std::vector<std::string> &items, int32_t &count) {
  std::vector<const char *> &list = lists.emplace_back();
  for (const std::string &item : items)
    list.push_back(keep(item));
  count = static_cast<int32_t>(list.size());
  return list.data();
}

const symc_array *const *CompileRequest::keep(const std::vector<host::NamedArray> &items, int32_t &count) {
  std::vector<const symc_array *> &list = arrayLists.emplace_back();
  for (const host::NamedArray &item : items) {
    symc_array array = {};
    array.size = sizeof array;
    array.rank = static_cast<int32_t>(item.shape.size());
    array.name = item.name.c_str();
    array.element = host::name(item.type);
    array.shape = item.shape.data();
    array.reals = item.reals.data();
    array.integers = item.integers.data();
    list.push_back(&arrays.emplace_back(array));
  }
  count = static_cast<int32_t>(list.size());
  return list.data();
}

} // namespace symc::cli
