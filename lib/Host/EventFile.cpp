//===- EventFile.cpp - TensorBoard event files ----------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/EventFile.h"
#include "lib/Host/Errors.h"
#include "lib/Host/OutputFile.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <ctime>
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

/// A protobuf message in the making.
class Message {
public:
  Message &number(int field, uint64_t value) {
    key(field, 0);
    varint(value);
    return *this;
  }
  Message &fixed(int field, double value) {
    key(field, 1);
    text.append(reinterpret_cast<const char *>(&value), sizeof value);
    return *this;
  }
  Message &fixed(int field, float value) {
    key(field, 5);
    text.append(reinterpret_cast<const char *>(&value), sizeof value);
    return *this;
  }
  Message &bytes(int field, const std::string &value) {
    key(field, 2);
    varint(value.size());
    text += value;
    return *this;
  }
  Message &message(int field, const Message &value) { return bytes(field, value.text); }

  std::string text;

private:
  void key(int field, int wire) { varint(static_cast<uint64_t>(field) << 3 | wire); }
  void varint(uint64_t value) {
    for (; value > 127; value >>= 7)
      text += static_cast<char>(value | 128);
    text += static_cast<char>(value);
  }
};

double now() {
  timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/// Event { wall_time = 1, step = 2, summary = 5 { value = 1 } }
std::string summaryEvent(int64_t step, const Message &value) {
  return Message().fixed(1, now()).number(2, step).message(5, Message().message(1, value)).text;
}

} // namespace

EventFile::EventFile(const std::string &directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  char host[256] = "host";
  gethostname(host, sizeof host - 1);
  std::string name =
      directory + "/events.out.tfevents." + std::to_string(time(nullptr)) + "." + host + "." + std::to_string(getpid());
  // Never one that is there: another run on a disk that machines share may have the same name and number.
  for (int attempt = 0; attempt < 100 && !error && !file; ++attempt) {
    path = name + (attempt ? "." + std::to_string(attempt) : "");
    file = fopen(path.c_str(), "wbxe");
    if (!file && errno != EEXIST)
      break;
  }
  if (!file)
    throw outputError(directory, error ? error.value() : errno);
  record(Message().fixed(1, now()).bytes(3, "brain.Event:2").text);
}

EventFile::~EventFile() { fclose(file); }

void EventFile::record(const std::string &event) {
  uint64_t size = event.size();
  uint32_t sizeCrc = maskedCrc(&size, sizeof size), crc = maskedCrc(event.data(), event.size());
  fwrite(&size, sizeof size, 1, file);
  fwrite(&sizeCrc, sizeof sizeCrc, 1, file);
  fwrite(event.data(), 1, event.size(), file);
  fwrite(&crc, sizeof crc, 1, file);
}

void EventFile::scalar(const std::string &tag, int64_t step, double value) {
  record(summaryEvent(step, Message().bytes(1, tag).fixed(2, static_cast<float>(value))));
}

void EventFile::histogram(const std::string &tag, int64_t step, const std::vector<double> &all) {
  std::vector<double> values;
  std::copy_if(all.begin(), all.end(), std::back_inserter(values), [](double v) { return std::isfinite(v); });
  if (values.empty())
    return;
  constexpr int buckets = 30;
  auto [low, high] = std::minmax_element(values.begin(), values.end());
  double begin = *low, width = (*high - *low) / buckets;
  std::vector<double> counts(buckets);
  for (double value : values)
    ++counts[width > 0 ? std::min<int64_t>(static_cast<int64_t>((value - begin) / width), buckets - 1) : 0];
  std::string rows; // [left, right, count] of each bucket
  for (int i = 0; i < buckets; ++i) {
    double row[] = {begin + i * width, begin + (i + 1) * width, counts[i]};
    rows.append(reinterpret_cast<const char *>(row), sizeof row);
  }
  // TensorProto { dtype = 1 (DT_DOUBLE), tensor_shape = 2 { dim = 2 { size = 1 } }, tensor_content = 4 }
  Message shape, tensor, metadata;
  shape.message(2, Message().number(1, buckets)).message(2, Message().number(1, 3));
  tensor.number(1, 2).message(2, shape).bytes(4, rows);
  // SummaryMetadata { plugin_data = 1 { plugin_name = 1 } }
  metadata.message(1, Message().bytes(1, "histograms"));
  record(summaryEvent(step, Message().bytes(1, tag).message(9, metadata).message(8, tensor)));
}

void EventFile::flush() {
  if (fflush(file) || ferror(file))
    throw outputError(path, errno);
}

} // namespace symc::host
