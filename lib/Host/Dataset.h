//===- Dataset.h - The data of a model's inputs ---------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_HOST_DATASET_H
#define SYMC_HOST_DATASET_H

#include "lib/Host/Preparation.h"
#include "lib/Host/Tensor.h"

#include <map>
#include <set>

namespace symc::host {

/// What the command line says about data. The same for the training and the validation set.
struct DataOptions {
  std::string data;                                           // --data: .npz, .csv or a directory
  std::vector<std::pair<std::string, std::string>> files;     // --in x=FILE
  std::vector<std::pair<std::string, std::string>> csvInputs; // --csv-inputs x=0:13
  ScaleFactors scale;                                         // --scale x=1/255
  std::set<std::string> cast;                                 // --cast x
  char delimiter = ',';                                       // --delimiter, of .csv files
  std::set<std::string> categories;                           // --categories x: columns of texts
  std::string model;                                          // the command's file, which no result may replace

  /// What is known before anything is read, and the file of parameters that says so, which remarks name: of the inputs
  /// that options say nothing of, this is done, too. Other codes come from the data, but for the last fraction that is
  /// held out, unless `codesFrom` says what should have given them.
  Preparation known = {};
  std::string knownFrom = {};
  double heldOut = 0;
  std::string codesFrom = {}; // "training part", "parameters"

  /// Takes what is known from the file of parameters, or from the library that has them when there is none.
  void prepareAsTrained(const Library &library, const std::string &params);
};

/// The data of one input.
struct Column {
  const symc_argument *argument;
  /// In the input's element type, or in U8, which stays as small as it is and is converted batch by batch.
  Tensor tensor;
  DataType type;       // of the input
  double scale = 1;    // applied when U8 is converted
  bool batched;        // axis 0 counts examples; otherwise the tensor is passed whole
  int64_t rowElements; // elements of one example (or of the whole tensor)
};

/// How examples become calls: the inputs' first axis is the batch.
struct BatchAxis {
  int32_t dim = -1;           // the symbolic dimension, or -1: the library is compiled for ...
  int64_t fixed = 0;          // ... this many examples a call,
  bool fixedByOption = false; // as `--dim` said, and not the graph
  std::string doubt = {};     // what tells of it, where only the order of the inputs says that it is this axis
};

/// The dimension that stands first in most inputs and results of a function; of several such the first input's.
BatchAxis chooseBatchAxis(const Library &library, const symc_function &function);

/// How many of the last examples a fraction holds out.
int64_t heldOutExamples(int64_t examples, double fraction);

class Dataset {
public:
  /// Loads what the inputs of `functions` need; the first of them says which axis counts examples. `whole`: for one
  /// call on everything, so that no axis is a batch.
  static Dataset load(const Library &library, const std::vector<int32_t> &functions, const DataOptions &options,
                      bool whole = false);

  /// Examples of the batched inputs; 0 when nothing is batched.
  int64_t examples() const { return exampleCount; }
  const std::vector<Column> &columns() const { return all; }
  const Column &column(const char *name) const;
  const BatchAxis &axis() const { return batch; }
  /// Warns where the data is cut along an axis that only the order of the inputs tells from another one.
  void warnOfDoubt() const;
  /// The values of symbolic dimensions that the data fixes (the batch is not among them), in model order; -1: none.
  const std::vector<int64_t> &dims() const { return dimValues; }
  /// Of all dimensions, for a call on that many examples; those that neither fixes have their smallest value.
  std::vector<int64_t> dimsOfBatch(const Library &library, int64_t count) const;
  /// A hash of all data and of how it is read; equal data trains equally.
  uint64_t hash() const;
  /// Where the data comes from, for messages.
  const std::string &name() const { return label; }
  /// What was done to it.
  const Preparation &preparation() const { return prepared; }

private:
  std::vector<Column> all;
  BatchAxis batch;
  std::vector<int64_t> dimValues;
  int64_t exampleCount = 0;
  std::string label;
  Preparation prepared;
  friend class DatasetLoader;
};

/// Calls a function on inputs of the data. Where a check of the model fails, the error tells of the codes of
/// categories: of more classes than the model has, say.
void callOn(const Dataset &data, Instance &instance, int32_t function, const std::vector<DLTensor> &inputs,
            const std::vector<DLTensor> &outputs);

/// Gathers examples into the input tensors of calls of one function.
class BatchReader {
public:
  BatchReader(const Dataset &data, const symc_function &function, int64_t capacity);

  /// The inputs for examples `rows[0..count)`; valid until the next call.
  const std::vector<DLTensor> &gather(const int64_t *rows, int64_t count);
  /// The inputs for examples [first, first+count): without a copy where the stored type is the input's.
  const std::vector<DLTensor> &slice(int64_t first, int64_t count);

private:
  struct Input {
    const Column *column;
    Buffer buffer;
    Shape shape;
  };
  void copyRows(Input &input, int64_t at, const char *from, int64_t rows);
  std::vector<Input> inputs;
  std::vector<DLTensor> tensors;
};

} // namespace symc::host

#endif // SYMC_HOST_DATASET_H
