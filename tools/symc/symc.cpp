//===- symc.cpp - The `symc` program --------------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A thin program: commands on compiled libraries need neither LLVM nor MLIR, and
// those on graphs call the compiler's library.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/Bench.h"
#include "lib/Host/Evaluate.h"
#include "lib/Host/FileUse.h"
#include "lib/Host/Interrupt.h"
#include "lib/Host/Predict.h"
#include "lib/Host/Train.h"
#include "tools/symc/Bisect.h"
#include "tools/symc/Compiler.h"
#include "tools/symc/TemporaryLibrary.h"
#include "tools/symc/Topics.h"

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <new>

using namespace symc;
using namespace symc::cli;
using host::Library;
using host::usageError;

/// Reading options that `run`, `train` and `eval` share.
static host::DataOptions dataOptions(const Arguments &arguments) {
  host::DataOptions data;
  data.data = arguments.text("--data");
  data.files = arguments.pairs("--in");
  data.csvInputs = arguments.pairs("--csv-inputs");
  for (const auto &[name, factor] : arguments.pairs("--scale"))
    if (!data.scale.emplace(name, parseScale("--scale " + name, factor)).second)
      throw usageError(code::RepeatedOption, "--scale gives " + quoted(name) + " twice");
  for (const std::string &name : arguments.list("--cast"))
    data.cast.insert(name);
  data.delimiter = arguments.delimiter();
  for (const std::string &name : arguments.list("--categories"))
    data.categories.insert(name);
  data.model = arguments.file;
  return data;
}

static host::InstanceOptions instanceOptions(const Arguments &arguments) {
  host::InstanceOptions options;
  if (arguments.has("--threads"))
    options.threads = static_cast<int32_t>(arguments.integer("--threads", 0, 0, 4096));
  if (arguments.has("--seed"))
    options.seed = arguments.seed();
  return options;
}

/// Parameters to load into an instance: embedded ones are in the library already.
static std::string paramsToLoad(const Arguments &arguments) {
  return arguments.has("--embed-params") ? "" : arguments.text("--params");
}

/// What would be lost: -o, or the header beside it, that is the graph file, a constant's file or the parameters.
static void checkOutput(const Arguments &arguments) {
  std::string output = arguments.text("-o");
  host::FileUse files;
  files.readsModel(arguments.file);
  files.reads("--params", arguments.text("--params"));
  files.writes("-o", output);
  if (!arguments.has("--emit"))
    files.writesHeader(output);
}

static int compile(const Arguments &arguments) {
  CompileRequest request(arguments);
  if (arguments.has("--params") && !arguments.has("--embed-params"))
    throw usageError(code::OptionConflict, "`symc compile` uses --params only with --embed-params");
  if (!arguments.has("--emit")) {
    std::string output = arguments.text("-o");
    if (output.empty())
      throw usageError(code::MissingOption, "`symc compile` needs -o", "-o libM.so, or --emit STAGE to print a stage");
    auto endsWith = [&](std::string_view ending) {
      return output.size() > ending.size() && output.compare(output.size() - ending.size(), ending.size(), ending) == 0;
    };
    if (!endsWith(".so") && !endsWith(".o") && !endsWith(".a"))
      throw usageError(code::OptionValue, "-o " + quoted(output) + " ends in none of .so, .o, .a");
  }
  checkOutput(arguments);
  return runCompiler(CompilerCommand::Compile, request);
}

/// Runs `command` on the library that the file is or compiles to; `functions` are what it needs of a graph.
template <typename Command>
static int withLibrary(const Arguments &arguments, const std::vector<std::string> &functions, Command command) {
  if (TemporaryLibrary::isLibrary(arguments.file)) {
    for (const OptionInfo *option : arguments.given())
      if (option->compileTime && !(arguments.command->set == Bench && std::string_view(option->name) == "--dim"))
        throw usageError(code::OptionConflict,
                         std::string(option->name) + " shapes what is compiled, and " + printable(arguments.file) +
                             " is compiled already",
                         "give the graph file instead, or `symc compile` with " + std::string(option->name));
    return command(Library(arguments.file));
  }
  CompileRequest request(arguments);
  if (!arguments.has("--functions")) {
    request.setFunctions(functions, arguments.has("--function"));
  }
  if (arguments.has("--emit"))
    return runCompiler(CompilerCommand::Compile, request);
  TemporaryLibrary temporary;
  request.setOutput(temporary.path(), /*header=*/false);
  if (int exit = runCompiler(CompilerCommand::Compile, request))
    return exit;
  return command(temporary.load(arguments.file));
}

static int run(const Arguments &arguments) {
  host::PredictOptions options;
  options.function = arguments.text("--function");
  options.data = dataOptions(arguments);
  options.out = arguments.pairs("--out");
  options.instance = instanceOptions(arguments);
  options.params = paramsToLoad(arguments);
  options.allowExtra = arguments.has("--allow-extra");
  options.allowMissing = arguments.has("--allow-missing");
  options.batchSize = arguments.integer("--batch-size", 0, 1, INT64_MAX);
  options.trace = arguments.text("--trace");
  host::checkPredictOptions(options);
  std::string function = options.function.empty() ? "predict" : options.function;
  return withLibrary(arguments, {function}, [&](const Library &library) {
    options.data.prepareAsTrained(library, options.params);
    options.data.codesFrom = "parameters";
    return predict(library, options);
  });
}

static int train(const Arguments &arguments) {
  host::TrainOptions options;
  options.data = dataOptions(arguments);
  options.validation = arguments.text("--validation");
  options.validationSplit = arguments.fraction("--validation-split");
  options.epochs = arguments.integer("--epochs", 1, 1, UINT32_MAX);
  options.batchSize = arguments.integer("--batch-size", 0, 1, INT64_MAX);
  options.instance = instanceOptions(arguments);
  options.params = paramsToLoad(arguments);
  options.allowExtra = arguments.has("--allow-extra");
  options.allowMissing = arguments.has("--allow-missing");
  options.save = arguments.text("--save");
  options.saveBest = arguments.text("--save-best");
  options.patience = arguments.integer("--patience", 0, 1, UINT32_MAX);
  options.monitor = arguments.text("--monitor", options.monitor);
  if (arguments.has("--monitor") && !options.patience && options.saveBest.empty())
    throw usageError(code::MissingOption,
                     "--monitor needs --patience N or --save-best FILE, without which it says nothing");
  options.checkpoint = arguments.text("--checkpoint");
  options.checkpointEvery = arguments.integer("--checkpoint-every", 0, 1, INT64_MAX);
  options.resume = arguments.has("--resume");
  options.history = arguments.text("--history");
  options.logdir = arguments.text("--logdir");
  options.logGradients = arguments.has("--log-gradients");
  options.logImages = arguments.list("--log-images");
  for (size_t i = 0; i < options.logImages.size(); ++i)
    for (size_t j = 0; j < i; ++j)
      if (options.logImages[i] == options.logImages[j])
        throw usageError(code::RepeatedOption, "--log-images gives " + quoted(options.logImages[i]) + " twice");
  options.logRunMetadata = arguments.has("--log-run-metadata");
  options.trace = arguments.text("--trace");
  options.repeat = arguments.integer("--repeat", 1, 1, 10000);
  host::checkTrainOptions(options);
  // From here on, whatever is being done: an interrupt is exit 130, with a checkpoint once there is something to keep.
  host::catchInterrupts();
  std::vector<std::string> functions = {"train_step"};
  if (!options.validation.empty() || options.validationSplit > 0)
    functions.push_back("evaluate");
  if (options.logGradients)
    functions.push_back("gradients");
  return withLibrary(arguments, functions, [&](const Library &library) { return host::train(library, options); });
}

static int eval(const Arguments &arguments) {
  host::DataOptions options = dataOptions(arguments);
  int64_t asked = arguments.integer("--batch-size", 0, 1, INT64_MAX);
  host::InstanceOptions settings = instanceOptions(arguments);
  return withLibrary(arguments, {"evaluate"}, [&](const Library &library) {
    int32_t function = library.require("evaluate");
    options.prepareAsTrained(library, paramsToLoad(arguments));
    options.codesFrom = "parameters";
    host::Dataset data = host::Dataset::load(library, {function}, options);
    data.warnOfDoubt();
    host::Instance instance(library, settings);
    if (std::string params = paramsToLoad(arguments); !params.empty())
      instance.loadParameters(params, arguments.has("--allow-extra"), arguments.has("--allow-missing"));
    else
      library.warnOfInitialParameters(library.function(function));
    int64_t batch = host::batchSize(library, data, asked, data.examples());
    host::Means means = host::evaluate(instance, data, 0, data.examples(), batch);
    printf("%s\n", host::scoresJson(library.function(function), means).c_str());
    if (!std::isfinite(means.mean(0)))
      host::warn(code::NotFinite, "the loss is not finite and printed as null", data.name());
    return int(host::Done);
  });
}

static int bench(const Arguments &arguments) {
  host::BenchOptions options;
  options.function = arguments.text("--function");
  bool library = TemporaryLibrary::isLibrary(arguments.file);
  (library ? options.dims : options.fixedDims) = arguments.dims();
  options.instance = instanceOptions(arguments);
  options.instance.prints = false; // it would be what is measured
  options.params = paramsToLoad(arguments);
  options.allowExtra = arguments.has("--allow-extra");
  options.allowMissing = arguments.has("--allow-missing");
  options.trace = arguments.text("--trace");
  host::FileUse files;
  files.readsModel(arguments.file);
  files.reads("--params", options.params);
  files.writes("--trace", options.trace);
  std::vector<std::string> functions;
  if (!options.function.empty())
    functions.push_back(options.function);
  return withLibrary(arguments, functions, [&](const Library &library) { return host::bench(library, options); });
}

static int inspect(const Arguments &arguments) {
  if (!TemporaryLibrary::isLibrary(arguments.file))
    throw host::dataError(code::NotALibrary, arguments.file, "is not a shared library",
                          "`symc inspect` reads what `symc compile M.json -o libM.so` writes");
  return host::inspect(Library(arguments.file), arguments.dims());
}

static int check(const Arguments &arguments) {
  CompileRequest request(arguments);
  return runCompiler(CompilerCommand::Check, request);
}

static int grad(const Arguments &arguments) {
  CompileRequest request(arguments);
  if (!arguments.has("--of"))
    throw usageError(code::MissingOption, "`symc grad` needs --of", "--of J names what to differentiate");
  return runCompiler(CompilerCommand::Grad, request);
}

static int bisectGraph(const Arguments &arguments) {
  host::WitnessOptions options;
  options.data = dataOptions(arguments);
  options.instance = instanceOptions(arguments);
  options.params = paramsToLoad(arguments);
  options.allowExtra = arguments.has("--allow-extra");
  options.allowMissing = arguments.has("--allow-missing");
  return bisect(arguments, options);
}

static int version() {
  printf("symc %s\n%s", SYMC_VERSION, compilerDescription().c_str());
  return host::Done;
}

static int help(const CommandInfo *command) {
  std::string text = command ? commandHelp(*command) : shortHelp();
  fputs(text.c_str(), stderr);
  return host::Done;
}

/// How many words from `i` on ask for diagnostics as JSON: 0, 1 or 2.
static size_t asksForJson(const std::vector<std::string> &words, size_t i) {
  if (words[i] == "--diagnostics=json")
    return 1;
  return words[i] == "--diagnostics" && i + 1 < words.size() && words[i + 1] == "json" ? 2 : 0;
}

/// A command, and what else has the name: `grad` is an op too. `words` are those behind `help`.
static int help(const std::vector<std::string> &words) {
  std::vector<std::string> names;
  for (size_t i = 0; i < words.size();) {
    size_t json = asksForJson(words, i);
    if (!json)
      names.push_back(words[i]);
    i += std::max<size_t>(json, 1);
  }
  if (names.empty())
    return help(nullptr);
  if (names.size() > 1)
    throw usageError(code::OptionConflict, "`symc help` takes one name, not also " + quoted(names[1]));
  const std::string &word = names[0];
  const CommandInfo *command = findCommand(word);
  std::string text = command ? commandHelp(*command) : "";
  for (const Topic *topic : findTopics(word))
    text += (text.empty() ? "" : "\n") + std::string(topic->text);
  if (text.empty())
    throw unknownTopic(word);
  fputs(text.c_str(), stderr);
  return host::Done;
}

/// Diagnostics of the command line itself take the form that it asks for, wherever it does.
static void chooseDiagnostics(const std::vector<std::string> &words) {
  for (size_t i = 0; i < words.size(); ++i)
    if (asksForJson(words, i))
      host::setJsonDiagnostics(true);
}

static int dispatch(const std::vector<std::string> &words) {
  if (words.empty() || words[0] == "--help" || words[0] == "-h")
    return help(nullptr);
  if (words[0] == "--version")
    return version();
  if (words[0] == "help")
    return help(std::vector<std::string>(words.begin() + 1, words.end()));
  if (words[0].size() > 1 && words[0][0] == '-')
    throw usageError(code::UnknownOption, "the command comes first, not " + quoted(words[0]),
                     "usage: symc COMMAND FILE [options]");
  const CommandInfo *command = findCommand(words[0]);
  if (!command)
    throw unknownCommand(words[0]);
  Arguments arguments = parse(*command, {words.begin() + 1, words.end()});
  if (arguments.help)
    return help(command);
  arguments.choice("--diagnostics", {"text", "json"}, "text");
  switch (command->set) {
  case Compile:
    return compile(arguments);
  case Run:
    return run(arguments);
  case Train:
    return train(arguments);
  case Eval:
    return eval(arguments);
  case Grad:
    return grad(arguments);
  case Check:
    return check(arguments);
  case Inspect:
    return inspect(arguments);
  case Bisect:
    return bisectGraph(arguments);
  default:
    return bench(arguments);
  }
}

int main(int argc, char **argv) {
  std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  chooseDiagnostics(words);
  signal(SIGXFSZ, SIG_IGN); // a file that grows past the limit is an error to report, not a reason to die
  int exit = host::InternalError;
  try {
    exit = dispatch(words);
  } catch (const host::Error &error) {
    error.print();
    exit = error.exit;
  } catch (const std::bad_alloc &) {
    host::Error(host::WrongEnvironment, host::makeDiagnostic(code::OutOfMemory, "", "there is not enough memory"))
        .print();
    exit = host::WrongEnvironment;
  } catch (const std::exception &error) {
    host::Error(host::InternalError,
                host::makeDiagnostic(code::Internal, "", std::string("internal error: ") + error.what(),
                                     "please report it with the command line"))
        .print();
  }
  // A full disk behind standard output is an error like any other.
  if ((fflush(stdout) || ferror(stdout)) && exit == host::Done) {
    host::Error(host::WrongEnvironment,
                host::makeDiagnostic(code::OutputUnwritable, "", "standard output cannot be written"))
        .print();
    exit = host::WrongEnvironment;
  }
  return exit;
}
