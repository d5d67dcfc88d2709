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
  bool allowExtra = false;
};

/// A tensor as symc_array has it.
struct NamedArray {
  std::string name;
  DataType type;
  Shape shape;
  std::vector<double> reals;
  std::vector<int64_t> integers;
};

/// One instance of a library and inputs for all its functions.
class Witness {
public:
  Witness(const Library &library, const WitnessOptions &options);

  /// Inputs and parameters.
  std::vector<NamedArray> arguments();
  /// What a function gives; the parameters stay as they are.
  std::vector<NamedArray> results(const std::string &function);
  int64_t seed() const { return static_cast<int64_t>(library.settings(options.instance).seed); }
  const Library &model() const { return library; }

private:
  const Library &library;
  const WitnessOptions &options;
  Instance instance;
  std::map<std::string, Tensor> inputs;
  std::vector<int64_t> dims; // in model order

  void makeUp();
  void fill(int64_t bound);
  void read();
  bool isAccepted();
};

} // namespace symc::host

#endif // SYMC_HOST_WITNESS_H
