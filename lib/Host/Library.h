//===- Library.h - A compiled model, opened -------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_HOST_LIBRARY_H
#define SYMC_HOST_LIBRARY_H

#include "lib/Host/DataType.h"
#include "lib/Host/Errors.h"

#include <map>
#include <memory>
#include <optional>
#include <set>

namespace symc::host {

/// Values of symbolic dimensions by name.
using DimValues = std::map<std::string, int64_t>;

/// What the dynamic symbol table of an ELF file defines. Reads the file with bounds checks and runs nothing of it.
/// Throws Error when `path` is no library for this machine.
std::set<std::string> exportedSymbols(const std::string &path);

/// What the command line says of an instance; the rest is as the library was compiled.
struct InstanceOptions {
  std::optional<int32_t> threads;
  std::optional<uint64_t> seed;
  bool prints = true; // shows what the graph prints
};

/// A library that symc wrote, loaded.
class Library {
public:
  /// Throws Error: no such file, not of symc, of another ABI version, not loadable here.
  /// Later errors name the file `shownAs`, if given: a graph that was compiled for this run.
  explicit Library(const std::string &path, const std::string &shownAs = {});

  const symc_model &model() const { return *reflected; }
  /// The options of an instance: those of the library with what is given in their place.
  symc_options settings(const InstanceOptions &given) const;
  const std::string &path() const { return file; }
  /// Whether kernels of an instance can be traced.
  bool hasTracePoints() const;

  /// The index of a function, or -1.
  int32_t find(std::string_view function) const;
  /// The same; a missing one is an error with a suggestion: of the input, or of the option that asks for it.
  int32_t require(const std::string &function, const std::string &option = {}) const;
  const symc_function &function(int32_t index) const { return reflected->functions[index]; }
  /// The inputs of the functions, and those of the graph that belong to none.
  std::set<std::string> inputs() const;
  /// The input of that name of a function; null: none has one.
  const symc_argument *input(std::string_view name) const;
  /// Warns of the parameters that the function takes and that start at random or as the graph says, since no option
  /// gives them.
  void warnOfInitialParameters(const symc_function &function) const;

  /// The values of all symbolic dimensions in model order, from names. The ones that `function` uses are needed and
  /// must be within their bounds, the others take their smallest value. Unknown names are wrong usage.
  std::vector<int64_t> dimensions(int32_t function, const DimValues &values) const;

  /// " (from 1 to 4096, a multiple of 8)": the bounds of a dimension, for messages.
  std::string bounds(int32_t dim) const;
  bool inBounds(int32_t dim, int64_t value) const;

  Shape outputShape(int32_t function, int32_t output, const std::vector<int64_t> &dims) const;

private:
  std::string file;
  const symc_model *reflected = nullptr;
  symc_options defaults = {};
};

/// The element type of an argument. Libraries hold only types that this program knows; another one is an error.
DataType typeOf(const symc_argument &argument);

/// The shape of an argument at these dimensions; -1 stays where a size is an expression of dimensions.
Shape shapeOf(const symc_argument &argument, const std::vector<int64_t> &dims);

/// An instance of a model; failures become Errors with the instance's own message.
class Instance {
public:
  Instance(const Library &library, const InstanceOptions &options);
  Instance(const Instance &) = delete;
  ~Instance();

  symc_instance *get() const { return instance; }
  const Library &library() const { return owner; }

  /// `allowMissing`: what does not fit keeps its initial value, see Weights.h.
  void loadParameters(const std::string &path, bool allowExtra, bool allowMissing);
  void saveParameters(const std::string &path);
  void saveState(const std::string &path, const std::string &note);
  std::string loadState(const std::string &path);
  int64_t step() const;
  /// As `trace` of symc_model, which the library must have.
  void trace(void (*hook)(void *user, const symc_trace_part *part, int32_t ends), void *user);
  /// The elements of a parameter, whatever its type is.
  std::vector<double> parameter(const std::string &name) const;
  /// Writes the elements of a parameter, whatever its type is.
  void setParameter(const std::string &name, const std::vector<double> &values);
  /// `data` is where the inputs come from, for the message when they fail a check of the model.
  void call(int32_t function, const std::vector<DLTensor> &inputs, const std::vector<DLTensor> &outputs,
            const std::string &data = {});
  symc_status tryCall(int32_t function, const std::vector<DLTensor> &inputs, const std::vector<DLTensor> &outputs);

private:
  void check(symc_status status, const std::string &file = {}) const;
  const Library &owner;
  symc_instance *instance = nullptr;
};

/// The Error for a status of a model; `file` is what was read or written.
Error statusError(symc_status status, const char *message, const std::string &file);

/// A dense CPU tensor over memory of the caller; `shape` must outlive it.
DLTensor view(void *data, DataType type, const Shape &shape);

} // namespace symc::host

#endif // SYMC_HOST_LIBRARY_H
