//===- EventFile.cpp - TensorBoard event files ----------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/EventFile.h"
#include "lib/Host/Errors.h"
#include "lib/Host/OutputFile.h"
#include "lib/Host/Picture.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

namespace symc::host {

namespace {

constexpr std::array<uint32_t, 256> crcTable = [] {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t c = i;
    for (int bit = 0; bit < 8; ++bit)
      c = c & 1 ? c >> 1 ^ 0x82F63B78u : c >> 1;
    table[i] = c;
  }
  return table;
}();

/// CRC-32C as the record format stores it: rotated and offset.
uint32_t maskedCrc(const void *data, size_t size) {
  const unsigned char *bytes = static_cast<const unsigned char *>(data);
  uint32_t crc = ~0u;
  for (size_t i = 0; i < size; ++i)
    crc = crcTable[(crc ^ bytes[i]) & 255] ^ crc >> 8;
  crc = ~crc;
  return (crc >> 15 | crc << 17) + 0xA282EAD8u;
}

double now() {
  timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/// Event { wall_time = 1, step = 2, … }
ProtoWriter eventOf(int64_t step) { return ProtoWriter().fixed(1, now()).number(2, step); }

/// Event { summary = 5 { value = 1 } }
std::string summaryEvent(int64_t step, const ProtoWriter &value) {
  return eventOf(step).message(5, ProtoWriter().message(1, value)).text();
}

} // namespace

constexpr std::string_view nameStart = "events.out.tfevents.";

/// The time in the name of a new file: TensorBoard reads the files of a directory in the order of their names, so that
/// it is behind the times of those that are there, whatever the clock says now.
static int64_t timeOfName(const std::string &directory) {
  int64_t stamp = time(nullptr);
  std::error_code error;
  for (std::filesystem::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    std::string name = it->path().filename().string();
    int64_t other = 0;
    if (name.compare(0, nameStart.size(), nameStart) == 0 &&
        std::from_chars(name.data() + nameStart.size(), name.data() + name.size(), other).ec == std::errc() &&
        other < INT64_MAX)
      stamp = std::max(stamp, other + 1);
  }
  return stamp;
}

EventFile::EventFile(const std::string &directory) {
  char host[256] = "host";
  gethostname(host, sizeof host - 1);
  std::string name = directory + "/" + std::string(nameStart) + std::to_string(timeOfName(directory)) + "." + host +
                     "." + std::to_string(getpid());
  // Never one that is there: another run on a disk that machines share may have the same name and number.
  for (int attempt = 0; attempt < 100 && file < 0; ++attempt) {
    path = name + (attempt ? "." + std::to_string(attempt) : "");
    file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file < 0 && errno != EEXIST)
      break;
  }
  if (file < 0)
    throw outputError(directory, errno);
  record(ProtoWriter().fixed(1, now()).bytes(3, "brain.Event:2").text());
}

EventFile::~EventFile() { close(file); }

void EventFile::record(const std::string &event) {
  uint64_t size = event.size();
  uint32_t sizeCrc = maskedCrc(&size, sizeof size), crc = maskedCrc(event.data(), event.size());
  auto add = [&](const void *data, size_t bytes) { waiting.append(static_cast<const char *>(data), bytes); };
  add(&size, sizeof size);
  add(&sizeCrc, sizeof sizeCrc);
  add(event.data(), event.size());
  add(&crc, sizeof crc);
  ends.push_back(waiting.size());
}

void EventFile::scalar(const std::string &tag, int64_t step, double value) {
  record(summaryEvent(step, ProtoWriter().bytes(1, tag).fixed(2, static_cast<float>(value))));
}

void EventFile::histogram(const std::string &tag, int64_t step, const std::vector<double> &all) {
  std::vector<double> values;
  std::copy_if(all.begin(), all.end(), std::back_inserter(values), [](double v) { return std::isfinite(v); });
  if (values.empty())
    return;
  constexpr int buckets = 30;
  auto [low, high] = std::minmax_element(values.begin(), values.end());
  // Halves, since the difference of the ends may be beyond all numbers.
  double begin = *low, half = (*high / 2 - *low / 2) / buckets, sum = 0, squares = 0;
  std::vector<double> counts(buckets), limits;
  for (double value : values) {
    ++counts[half > 0 ? std::min<int64_t>(static_cast<int64_t>((value / 2 - begin / 2) / half), buckets - 1) : 0];
    sum += value;
    squares += value * value;
  }
  for (int i = 1; i <= buckets; ++i)
    limits.push_back(i == buckets ? *high : begin + i * half * 2);
  // HistogramProto { min = 1, max = 2, num = 3, sum = 4, sum_squares = 5, bucket_limit = 6, bucket = 7 }
  ProtoWriter histogram;
  histogram.fixed(1, *low).fixed(2, *high).fixed(3, static_cast<double>(values.size())).fixed(4, sum).fixed(5, squares);
  histogram.packed(6, limits).packed(7, counts);
  record(summaryEvent(step, ProtoWriter().bytes(1, tag).message(5, histogram)));
}

void EventFile::image(const std::string &tag, int64_t step, const Picture &picture) {
  // Image { height = 1, width = 2, colorspace = 3, encoded_image_string = 4 }
  ProtoWriter image;
  image.number(1, picture.height).number(2, picture.width).number(3, picture.channels).bytes(4, encodePng(picture));
  record(summaryEvent(step, ProtoWriter().bytes(1, tag).message(4, image)));
}

void EventFile::graph(const ProtoWriter &graph) { record(eventOf(0).message(4, graph).text()); }

void EventFile::runMetadata(const std::string &tag, int64_t step, const ProtoWriter &metadata) {
  // TaggedRunMetadata { tag = 1, run_metadata = 2 }
  record(eventOf(step).message(8, ProtoWriter().bytes(1, tag).message(2, metadata)).text());
}

void EventFile::restart(int64_t step) {
  // SessionLog { status = 1 }, START = 1; TensorBoard drops events from this step on.
  record(eventOf(step).message(7, ProtoWriter().number(1, 1)).text());
}

void EventFile::flush() {
  size_t done = 0;
  int cause = 0;
  while (done < waiting.size() && !cause) {
    ssize_t now = write(file, waiting.data() + done, waiting.size() - done);
    if (now > 0)
      done += now;
    else if (now == 0 || errno != EINTR)
      cause = now ? errno : ENOSPC;
  }
  size_t kept = done;
  if (cause) {
    auto beyond = std::upper_bound(ends.begin(), ends.end(), done);
    kept = beyond == ends.begin() ? 0 : beyond[-1];
    (void)!ftruncate(file, static_cast<off_t>(written + kept));
  }
  written += kept;
  waiting.clear();
  ends.clear();
  if (cause)
    throw outputError(path, cause);
}

} // namespace symc::host
