//===- BestEpoch.h - The best epoch of a run ----------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_HOST_BESTEPOCH_H
#define SYMC_HOST_BESTEPOCH_H

#include "lib/Host/Checkpoint.h"
#include "lib/Host/Preparation.h"

namespace symc::host {

/// What `--monitor` says: a column of the history, and with `:min` or `:max` which values are better.
class Monitor {
public:
  /// `columns` are those of the history. Throws Error for a column that is none of its scores, and for one whose name
  /// does not tell which values are better.
  Monitor(const std::string &option, const std::vector<std::string> &columns);

  const std::string &name() const { return column; }
  /// The next epoch; whether it is the best so far. NaN and infinities never are.
  bool add(const std::vector<double> &row);

  /// 0: there is none.
  int64_t bestEpoch() const { return best; }
  double bestValue() const { return value; }
  /// Since the best one, or since the beginning.
  int64_t epochsWithoutBetter() const { return epochs - best; }

private:
  std::string column;
  size_t index;
  bool isGreaterBetter;
  int64_t epochs = 0, best = 0;
  double value = 0;
};

/// `--save-best`: the file, and beside a checkpoint a copy for each epoch that a run may be resumed behind.
class BestParameters {
public:
  BestParameters(std::string file, const Checkpoint *checkpoint) : file(std::move(file)), checkpoint(checkpoint) {}

  /// What the next checkpoint needs to know of the copy; none without a checkpoint.
  BestCopy save(Instance &instance, const Preparation &preparation, int64_t epoch) const;
  /// After resuming: the file is what it was when `epoch` was the last best one. Throws Error, with the file as it is,
  /// when the copy is missing or is not the `known` one of the checkpoint.
  void restore(int64_t epoch, const std::string &monitor, const BestCopy &known) const;

private:
  std::string file;
  const Checkpoint *checkpoint; // null: there is none
};

} // namespace symc::host

#endif // SYMC_HOST_BESTEPOCH_H
