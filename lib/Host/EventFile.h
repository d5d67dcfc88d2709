//===- EventFile.h - TensorBoard event files ------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Records of TensorFlow's `Event` message, framed with masked CRC-32C. The few
// messages that are needed are encoded here; their field numbers are fixed by
// TensorFlow's event.proto, summary.proto and tensor.proto.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_HOST_EVENTFILE_H
#define SYMC_HOST_EVENTFILE_H

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

namespace symc::host {

/// One file of events below a log directory. Events are appended as they happen: TensorBoard reads along.
class EventFile {
public:
  /// Creates `directory` and a new file in it.
  explicit EventFile(const std::string &directory);
  EventFile(const EventFile &) = delete;
  ~EventFile();

  void scalar(const std::string &tag, int64_t step, double value);
  /// The distribution of `values` in 30 buckets; values that are not finite are left out.
  void histogram(const std::string &tag, int64_t step, const std::vector<double> &values);
  void flush();

private:
  void record(const std::string &event);
  FILE *file = nullptr;
  std::string path;
};

} // namespace symc::host

#endif // SYMC_HOST_EVENTFILE_H
