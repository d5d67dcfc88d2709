//===- Checkpoint.h - A training run that survives being killed -----------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A checkpoint is one file, replaced atomically: the model's full state, and a
// note (JSON) with where the loop stands. Sums of losses are kept as hexadecimal
// floats, so that a resumed run prints what an undisturbed one does.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_HOST_CHECKPOINT_H
#define SYMC_HOST_CHECKPOINT_H

#include "lib/Host/Preparation.h"

namespace symc::host {

/// What must be equal for a run to be resumed.
struct RunIdentity {
  std::string graph;     // SHA-256 of the graph, from the manifest
  std::string constants; // hash of those of other files, from the manifest; empty: none, or it does not say
  std::string changes;   // "--freeze conv*", "--fast-math", "--cpu x86-64-v3": what options changed in it, a line each
  uint64_t data = 0;     // of the training and validation examples and the split
  uint64_t seed = 0;
  int64_t batchSize = 0;
};

/// A copy of the best parameters beside the checkpoint, which vouches for it.
struct BestCopy {
  int64_t epoch = 0; // 0: there is none
  uint64_t hash = 0; // XXH64 of its bytes
};

/// Where the loop stands.
struct LoopState {
  int64_t epoch = 0;    // completed epochs
  int64_t position = 0; // completed batches of the current epoch
  int64_t examples = 0; // that `sums` cover
  std::vector<double> sums;
  double seconds = 0;                       // of training so far
  std::vector<std::vector<double>> history; // one row a completed epoch
  BestCopy best;
};

class Checkpoint {
public:
  explicit Checkpoint(std::string directory);

  bool exists() const;
  const std::string &file() const { return path; }
  /// Where the parameters of an epoch stand that was the best so far: with --save-best, which a resumed run restores.
  std::string bestFile(int64_t epoch) const;
  /// Whether a file has the place and name of one of these copies.
  bool owns(const std::string &file) const;
  /// Removes those of other epochs.
  void forgetBest(int64_t exceptEpoch) const;
  /// Creates the directory where it is missing.
  void prepare() const;
  /// `preparation` is kept for those who take the parameters from the checkpoint.
  void save(Instance &instance, const RunIdentity &identity, const Preparation &preparation, const LoopState &state);
  /// Restores the instance; an identity that differs is an error that names the difference.
  LoopState load(Instance &instance, const RunIdentity &identity, size_t scores, size_t columns);

private:
  std::string directory, path;
};

} // namespace symc::host

#endif // SYMC_HOST_CHECKPOINT_H
