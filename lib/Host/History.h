//===- History.h - Learning curves ----------------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_HOST_HISTORY_H
#define SYMC_HOST_HISTORY_H

#include <chrono>
#include <string>
#include <vector>

namespace symc::host {

/// One row an epoch; the columns of `--history` and the keys of `train`'s JSON.
class History {
public:
  /// Columns: epoch, steps, the scores, with validation `val_` scores, seconds.
  History(const std::vector<std::string> &scores, bool validation, std::string path);

  void add(std::vector<double> row);
  const std::vector<std::vector<double>> &rows() const { return allRows; }
  const std::vector<std::string> &columns() const { return names; }

  /// Writes the CSV when a path was given. `force` false: not more than once a second, so that a reader can follow
  /// while fast epochs stay fast.
  void write(bool force);
  /// The last row as one JSON object.
  std::string lastJson() const;
  /// The last row for a person.
  std::string lastLine(int64_t epochs) const;

private:
  std::vector<std::string> names;
  std::vector<std::vector<double>> allRows;
  std::string path;
  std::chrono::steady_clock::time_point written;
};

} // namespace symc::host

#endif // SYMC_HOST_HISTORY_H
