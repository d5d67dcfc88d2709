//===- Witness.h - What a library computes, for `symc bisect` -------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_HOST_WITNESS_H
#define SYMC_HOST_WITNESS_H

#include "lib/Host/Dataset.h"

namespace symc::host {

struct WitnessOptions {
  DataOptions data; // without files and a data set, inputs are made up from the seed
  InstanceOptions instance;
  std::string params;
  bool allowExtra = false, allowMissing = false;
};

/// A tensor as symc_array has it.
struct NamedArray {
  std::string name;
  DataType type;
  Shape shape;
  std::vector<double> reals;
  std::vector<int64_t> integers;
};

/// One instance of a library and inputs for some of its functions, in which an input of one name is one tensor: an
/// entry point with a stream takes a step of it.
class Witness {
public:
  /// Of functions that the library does not have nothing is asked. What is printed is for who calls the model once.
  Witness(const Library &library, std::initializer_list<const char *> functions, const WitnessOptions &options);

  /// Inputs and parameters.
  std::vector<NamedArray> arguments();
  /// What a function gives; the parameters stay as they are.
  std::vector<NamedArray> results(const std::string &function);
  int64_t seed() const { return static_cast<int64_t>(library.settings(options.instance).seed); }
  /// Those that the library has.
  const std::vector<std::string> &functions() const { return names; }

private:
  const Library &library;
  const WitnessOptions &options;
  Instance instance;
  std::vector<int32_t> indices; // of the functions
  std::vector<std::string> names;
  std::map<std::string, Tensor> inputs;
  std::vector<int64_t> dims; // in model order

  void makeUp();
  void fill(int64_t bound);
  void read();
  bool isAccepted();
};

} // namespace symc::host

#endif // SYMC_HOST_WITNESS_H
