//===- ModelDescription.h - What a compiled model is, beside its code -----===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The lowering writes this next to the LLVM module; the target stage turns it into
// the constant tables of lib/Support/Program.h, the header and the manifest. Plain C++:
// no IR is needed to read it.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_LIB_LOWERING_MODELDESCRIPTION_H
#define SYMC_LIB_LOWERING_MODELDESCRIPTION_H

#include "lib/Support/ElementTypes.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace symc {

/// A symbolic dimension of the file, with the bounds that a call must keep.
struct DimDescription {
  std::string name;
  int64_t min = 1;
  int64_t max = std::numeric_limits<int64_t>::max();
  int64_t multipleOf = 1;
};

/// An input or output of a function.
struct ArgumentDescription {
  std::string name; // public name: a C identifier, except for gradients (named as the parameter)
  std::string type; // as in the graph file: "f32[batch, 2]"
  std::string doc;
  ElementType element = ElementType::F32;
  std::vector<int64_t> shape; // an entry an axis: the size, or -1 where it depends on symbolic dimensions
  std::vector<int32_t> dims;  // an entry an axis: index of the symbolic dimension that it is, or -1
};

/// The values of symc_init, in its order.
enum class InitKind : uint8_t { Zeros, Constant, Uniform, Normal, TruncatedNormal, Orthogonal, Identity, Data };

/// Bytes that live elsewhere (a mapped file, an attribute); `owner` keeps them alive where that is needed.
struct Bytes {
  std::string_view data;
  std::shared_ptr<const void> owner;
};

/// A persistent tensor: a parameter or a piece of optimizer state.
struct SlotDescription {
  std::string name; // as in the graph ("fc1/kernel"); state: "adam/m/W1"
  std::string type;
  std::string doc;
  ElementType element = ElementType::F32;
  std::vector<int64_t> shape; // static
  bool trainable = false;
  InitKind init = InitKind::Zeros;
  double a = 0, b = 0;   // as in symc_init
  Bytes data;            // InitKind::Data: row-major, little-endian
  bool embedded = false; // the data are those of --embed-params
  bool resets = false;   // what a stream keeps
};

/// A constant tensor of the graph. The modules name it by `symbol`, an external declaration; it is defined once for
/// all CPUs. Small ones may just as well be private globals of the module.
struct ConstantDescription {
  std::string symbol;
  Bytes data;
  unsigned alignment = 64;
};

/// A size in bytes as a sum of monomials in the dimensions: {"batch": 64, "batch*time": 4, "": 128}. The keys are what
/// a person reads in the manifest; "" is the constant term.
using SizeFormula = std::map<std::string, int64_t>;

/// An arena buffer, see symc_buffer.
struct BufferDescription {
  int32_t first = 0, last = 0;
  SizeFormula bytes;
};

/// A function of the library. In every module its code is
///   i32 @body_<name>(ptr frame)                           (symc_body)
///   void @sizes_<name>(ptr dims, ptr bytes, ptr shapes)   (symc_entry::sizes; integer code only)
struct FunctionDescription {
  std::string name;   // "predict", "loss", "gradients", "train_step", "evaluate" or an entry point
  std::string stream; // the dimension that the function takes one step of; empty: none
  std::string doc;
  bool updatesState = false;
  bool trainingMode = false;
  bool lateChecks = false; // a check can fail when results have been written to
  bool measures = false;   // its results are what parameters of their names are filled with before training
  std::vector<ArgumentDescription> inputs;
  std::vector<ArgumentDescription> outputs;
  /// The typed C function has only the first ones of `outputs` (train_step: the loss; evaluate: no totals); -1: all.
  int32_t typedOutputs = -1;
  std::vector<std::string> parameters; // those that it reads
  std::vector<int32_t> dims; // symbolic dimensions of the typed function in its order, indices into the model's
  int32_t kernels = 0;       // launches of one call
  std::vector<BufferDescription> buffers;
};

/// An op of the graph, an input, a parameter or a constant.
struct NodeDescription {
  std::string name; // of the ops of a node the last has its name, the others stand below it: "fc1/matmul"
  std::string op;   // "conv2d"; of others "input", "parameter", "constant", "carry", "row"
  std::vector<std::string> inputs;          // names of nodes; "NAME:1" is the second result
  std::vector<std::string> control;         // nodes that decide whether, or how often, this one runs
  std::vector<ArgumentDescription> results; // types and shapes
};

/// What the file says of training, with the defaults in their places.
struct TrainDescription {
  struct Option {
    std::string name;
    std::vector<double> values;
    bool isList;
  };
  std::string optimizer, schedule; // "adam", "cosine"
  double learningRate = 0;         // the schedule's base
  std::vector<Option> scheduleOptions;
  int64_t accumulateSteps = 1;
};

struct ModelDescription {
  std::string name;
  std::string doc;
  std::vector<DimDescription> dims;
  std::vector<std::string> inputs; // of the graph: also those that no function takes
  std::vector<SlotDescription> parameters;
  std::vector<SlotDescription> state;
  std::vector<FunctionDescription> functions;
  std::vector<ConstantDescription> constants;
  std::optional<TrainDescription> train;
  std::vector<NodeDescription> nodes; // only where they are asked for
  std::string device;                 // of all nodes: "cpu:0"
  /// Messages of failed run-time checks, with `{value}` and `{bound}` where they stand; symc_check::code is 1 + index.
  std::vector<std::string> checks;
  int32_t defaultThreads = 0; // of MODEL_options_default
  uint64_t defaultSeed = 0;
  bool tracePoints = false;       // kernels call the hook of `trace`
  std::string graphSha256;        // of the graph file's bytes, in hexadecimal
  std::string constantsXxh64;     // of the constants that stand in other files; empty: none do
  std::string categories, scale;  // of the embedded parameters' file, as JSON; empty: none
  std::vector<std::string> flags; // as on the command line, those that change the result: "-O2", "--fast-math"

  bool hasStream() const {
    return std::any_of(functions.begin(), functions.end(),
                       [](const FunctionDescription &f) { return !f.stream.empty(); });
  }
};

} // namespace symc

#endif // SYMC_LIB_LOWERING_MODELDESCRIPTION_H
