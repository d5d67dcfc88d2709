//===- Tables.cpp - The commands and options of `symc`, once --------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Driver/Stage.h"
#include "tools/symc/Options.h"

#include <algorithm>

namespace symc::cli {

const std::vector<CommandInfo> &commands() {
  static const std::vector<CommandInfo> table = {
      {Compile, "compile", "M.json -o libM.so", "compile a graph to a library and its C header",
       "symc compile perceptron.json -o libperceptron.so --cpu x86-64-v3"},
      {Run, "run", "M.json|libM.so --in x=x.npy [--out y=y.npy]", "run `predict` on data; print or write the outputs",
       "symc run libperceptron.so --params w.safetensors --in x=x.npy --out yhat=yhat.npy"},
      {Train, "train", "M.json|libM.so --data D", "train, validate, save and log",
       "symc train perceptron.json --data moons.npz --epochs 60 --validation-split 0.2 --save w.safetensors"},
      {Eval, "eval", "M.json|libM.so --data D --params W", "loss and metrics on a data set",
       "symc eval perceptron.json --data test.npz --params w.safetensors"},
      {Grad, "grad", "M.json --of J [--wrt theta]", "print a derivative as a formula",
       "symc grad line.json --of J --wrt theta --format latex"},
      {Check, "check", "M.json", "read and verify a graph; report every error", "symc check perceptron.json"},
      {Inspect, "inspect", "libM.so", "print the manifest of a library as JSON",
       "symc inspect libperceptron.so --dim batch=100"},
      {Bisect, "bisect", "M.json [--in x=x.npy] [--params W]",
       "name the first node whose numbers differ from the reference's", "symc bisect perceptron.json --dim batch=7"},
      {Bench, "bench", "M.json|libM.so --dim batch=32", "measure a compiled function",
       "symc bench libperceptron.so --function train_step --dim batch=32 --threads 1"},
  };
  return table;
}

/// "cpu (default) or cuda".
static std::string targetNames() {
  std::string names;
  for (const TargetInfo *target : targetInfos)
    names += (names.empty() ? "" : " or ") + std::string(target->name) + (names.empty() ? " (default)" : "");
  return names;
}

const std::vector<OptionInfo> &options() {
  static const std::string target = targetNames();
  static const std::string emit = "stop at a stage and print it: " + stageNames(/*onlyAvailable=*/false);
  static const std::vector<OptionInfo> table = {
      {"-o", "FILE", false, Compile, "the library (.so), object (.o) or archive (.a) to write; M.h goes beside it",
       false},
      {"--emit", "STAGE", false, Compiling & ~Bisect, emit.c_str(), true},
      {"--target", "T", false, Compiling, target.c_str(), true},
      {"--cpu", "NAMES", true, Compiling,
       "native (default), x86-64-v2, x86-64-v3, x86-64-v4 or an LLVM name; with several the best is picked at load",
       true},
      {"--triple", "T", false, Compiling, "another platform, as an LLVM triple", true},
      {"--gpu-arch", "NAMES", true, Compiling, "sm_80,sm_90a", true, nullptr, "cuda"},
      {"--dim", "NAME=N", true, Compiling | Inspect,
       "fix a symbolic dimension when compiling; its size for `bench` and `inspect` of a library", true},
      {"--functions", "NAMES", true, Compiling,
       "of predict, loss, gradients, train_step, evaluate and entry points (default: all)", true},
      {"--function", "NAME", false, Run | Bench, "the function to call (default: predict; bench: train_step)", false},
      {"--params", "FILE", false, Compiling, "parameters to start from, as safetensors", false},
      {"--embed-params", nullptr, false, Compiling, "make --params the initial values in the library", true,
       "--params"},
      {"--allow-extra", nullptr, false, Compiling, "ignore tensors of --params that the model does not have", false,
       "--params"},
      {"--allow-missing", nullptr, false, Compiling, "start from the tensors of --params that fit; name the others",
       false, "--params"},
      {"--freeze", "PATTERNS", true, Compile | Train,
       "parameters that are not trained, instead of those of the graph: conv*,embedding/table", true},
      {"--learning-rate", "R", false, Compile | Train, "the optimizer's rate, instead of that of the graph", true},
      {"-O", "0..3", false, Compiling, "optimization level, as -O2 (default)", true},
      {"--fast-math", nullptr, false, Compiling, "sums and products in any order; recorded in the manifest", true},
      {"--log-device-placement", nullptr, false, Compiling, "say on which device each node runs", true},
      {"--trace-points", nullptr, false, Compile, "let kernels tell when they run, for --trace of the library", true},
      {"--time-passes", nullptr, false, Compiling, "say how long each stage takes", true},
      {"--debug-fusion", "F", false, Compiling, "on (default) or off: a kernel an op, to find out what is wrong", true},
      {"--debug-arena", "A", false, Compiling,
       "planned (default), separate (no buffer shares memory) or poisoned (buffers begin as NaN)", true},
      {"--threads", "N", false, Compiling, "threads of a call (default: as many as the process may use)", false},
      {"--seed", "S", false, Compiling,
       "seed of initial parameters, dropout and shuffling (default: that of `compile`, else 0)", false},
      {"--data", "D", false, Reading, "an .npz file, a directory of .npy files, or a .csv file with --csv-inputs",
       false},
      {"--in", "NAME=FILE", true, Reading, "data of one input: .npy or IDX, also gzipped", false},
      {"--csv-inputs", "NAME=COLUMNS", true, Reading, "columns of a .csv file: x=0:13,y=13 or x=age:bmi,y=target",
       false, "--data"},
      {"--delimiter", "C", false, Reading, "what separates columns of a .csv file: ';', tab, … (default: a comma)",
       false, "--csv-inputs"},
      {"--categories", "NAMES", true, Reading,
       "inputs whose columns are texts: codes in byte order of the training part, kept beside the parameters", false,
       "--csv-inputs"},
      {"--scale", "NAME=FACTOR", true, Reading, "multiply an input: x=1/255", false},
      {"--cast", "NAME", true, Reading, "convert data of another element type to the input's", false},
      {"--out", "NAME=FILE", true, Run, "write an output as .npy instead of printing", false},
      {"--batch-size", "N", false, Run | Train | Eval, "examples of a call (train, eval: 32; run: all at once)", false},
      {"--epochs", "N", false, Train, "passes over the data (default: 1)", false},
      {"--validation-split", "F", false, Train, "hold out the last fraction of the data, taken before shuffling",
       false},
      {"--validation", "D2", false, Train, "validate on another data set, named like --data", false},
      {"--save", "FILE", false, Train, "write the trained parameters as safetensors", false},
      {"--save-best", "FILE", false, Train, "write the parameters of the best epoch on validation data", false},
      {"--patience", "N", false, Train, "stop when no epoch was better for N epochs on validation data", false},
      {"--monitor", "COLUMN", false, Train,
       "what is better: a column of the history, val_f1:max or :min (default: val_loss)", false},
      {"--history", "FILE", false, Train, "write the learning curves as CSV", false},
      {"--logdir", "DIR", false, Train, "write TensorBoard events: curves, parameters, the graph", false},
      {"--log-gradients", nullptr, false, Train, "log the distribution of every gradient", false, "--logdir"},
      {"--log-images", "NODES", true, Train, "log values of nodes and filters of kernels as images", false, "--logdir"},
      {"--log-run-metadata", nullptr, false, Train, "log compute time and memory of the graph's nodes", false,
       "--logdir"},
      {"--trace", "FILE", false, Run | Train | Bench, "write what the kernels of the first calls do, for Perfetto",
       false},
      {"--repeat", "N", false, Train, "train with N seeds; print mean and deviation", false},
      {"--checkpoint", "DIR", false, Train, "keep the full training state in a directory", false},
      {"--checkpoint-every", "N", false, Train, "write the checkpoint every N steps (default: at the end of an epoch)",
       false, "--checkpoint"},
      {"--resume", nullptr, false, Train, "go on from the checkpoint, if there is one", false, "--checkpoint"},
      {"--nan", nullptr, false, Bisect, "name the first node that makes a NaN or an infinity out of finite operands",
       false},
      {"--passes", nullptr, false, Bisect, "name the first pass of the compiler after which numbers are others", false},
      {"--of", "NODE", false, Grad, "what to differentiate", false},
      {"--wrt", "NAMES", true, Grad, "with respect to what (default: every trainable parameter)", false},
      {"--format", "F", false, Grad, "text (default) or latex", false},
      {"--diagnostics", "F", false, Every, "text (default) or json: one object a line on standard error", false},
      {"--help", nullptr, false, Every, "this text", false},
  };
  return table;
}

const CommandInfo *findCommand(std::string_view name) {
  for (const CommandInfo &command : commands())
    if (name == command.name)
      return &command;
  return nullptr;
}

static std::string column(std::string text, size_t width) {
  text.resize(std::max(text.size() + 2, width), ' ');
  return text;
}

std::string shortHelp() {
  std::string out = "symc compiles model graphs ahead of time: one JSON file in, one native library out, with the\n"
                    "forward pass, the backward pass and the optimizer step.\n\n"
                    "usage: symc COMMAND FILE [options]\n\n";
  for (const CommandInfo &command : commands())
    out += "  " + column(command.name, 10) + command.summary + "\n";
  out +=
      "\nA worked example:\n"
      "  symc compile perceptron.json -o libperceptron.so    # also writes perceptron.h\n"
      "  symc train libperceptron.so --data moons.npz --epochs 60 --save w.safetensors\n"
      "  symc run libperceptron.so --params w.safetensors --in x=x.npy\n\n"
      "`symc help COMMAND` explains a command, `symc help format` the graph file, `symc help ops` lists the operators, "
      "and\n"
      "`symc help conv2d` explains one, or an optimizer, schedule, initialiser or metric. `symc --version` names the\n"
      "version and the targets.\n";
  return out;
}

/// What the stages of --emit are.
static std::string stageHelp() {
  std::string out = "\nstages:\n";
  for (const StageInfo &stage : stages())
    out += "  " + column(std::string(stage.name), 10) + std::string(stage.what) +
           (stage.isAvailable() ? "\n" : " (not in this version)\n");
  return out;
}

std::string commandHelp(const CommandInfo &command) {
  std::string out = std::string("symc ") + command.name + ": " + command.summary + "\n\nusage: symc " + command.name +
                    " " + command.arguments + " [options]\n\n";
  for (const OptionInfo &option : options())
    if (option.commands & command.set)
      out +=
          "  " + column(option.name + (option.value ? " " + std::string(option.value) : ""), 26) + option.help + "\n";
  if (command.set & Compiling)
    out += stageHelp();
  out += "\nAn option's value follows a space or `=`; a list is one value with commas, or the option "
         "repeated.\n\nexample:\n  ";
  return out + command.example + "\n";
}

} // namespace symc::cli
