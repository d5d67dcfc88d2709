//===- EventFile.h - TensorBoard event files -----------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Records of TensorFlow's `Event` message, framed with masked CRC-32C. The field
// numbers of messages are fixed by TensorFlow's event.proto and summary.proto.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_HOST_EVENTFILE_H
#define SYMC_HOST_EVENTFILE_H

#include "lib/Host/ProtoWriter.h"

#include <cstdint>
#include <string>
#include <vector>

namespace symc::host {

struct Picture;

/// One file of events below a log directory. Events are appended as they happen: TensorBoard reads along.
class EventFile {
public:
  /// Creates a new file in `directory`, which is there. Its name sorts behind those of the event files there.
  explicit EventFile(const std::string &directory);
  EventFile(const EventFile &) = delete;
  ~EventFile();

  void scalar(const std::string &tag, int64_t step, double value);
  /// The distribution of `values` in 30 buckets of equal width; values that are not finite are left out.
  void histogram(const std::string &tag, int64_t step, const std::vector<double> &values);
  void image(const std::string &tag, int64_t step, const Picture &picture);
  /// A GraphDef.
  void graph(const ProtoWriter &graph);
  /// A RunMetadata of the step, under a name of its own.
  void runMetadata(const std::string &tag, int64_t step, const ProtoWriter &metadata);
  /// The run goes on, and this is the first step that is told of again: what earlier files say from it on is void.
  void restart(int64_t step);
  /// Hands what was added to the system, which keeps it when the process dies. Throws Error on a full disk, where the
  /// file ends with the last record that has room.
  void flush();
  const std::string &name() const { return path; }

private:
  void record(const std::string &event);
  int file = -1;
  std::string path;
  std::string waiting;      // records that are not in the file yet, ...
  std::vector<size_t> ends; // ... and where each of them ends
  uint64_t written = 0;     // bytes of the file
};

} // namespace symc::host

#endif // SYMC_HOST_EVENTFILE_H
