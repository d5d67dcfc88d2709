//===- ProtoWriter.h - Protobuf messages, as they are on the wire --------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_HOST_PROTOWRITER_H
#define SYMC_HOST_PROTOWRITER_H

#include <cstdint>
#include <string>
#include <vector>

namespace symc::host {

/// A message in the making. Fields stand in the order in which they are added; who reads the message knows their types.
class ProtoWriter {
public:
  ProtoWriter &number(int field, uint64_t value) {
    key(field, Varint);
    varint(value);
    return *this;
  }
  ProtoWriter &fixed(int field, double value) { return raw(field, Fixed64, &value, sizeof value); }
  ProtoWriter &fixed(int field, float value) { return raw(field, Fixed32, &value, sizeof value); }
  ProtoWriter &bytes(int field, const std::string &value) {
    key(field, Delimited);
    varint(value.size());
    content += value;
    return *this;
  }
  ProtoWriter &message(int field, const ProtoWriter &value) { return bytes(field, value.content); }
  /// A repeated field.
  ProtoWriter &packed(int field, const std::vector<double> &values) {
    return bytes(field, std::string(reinterpret_cast<const char *>(values.data()), values.size() * sizeof(double)));
  }

  const std::string &text() const { return content; }

private:
  enum WireType { Varint = 0, Fixed64 = 1, Delimited = 2, Fixed32 = 5 };

  ProtoWriter &raw(int field, WireType wire, const void *value, size_t size) {
    key(field, wire);
    content.append(static_cast<const char *>(value), size);
    return *this;
  }
  void key(int field, WireType wire) { varint(static_cast<uint64_t>(field) << 3 | wire); }
  void varint(uint64_t value) {
    for (; value > 127; value >>= 7)
      content += static_cast<char>(value | 128);
    content += static_cast<char>(value);
  }

  std::string content;
};

} // namespace symc::host

#endif // SYMC_HOST_PROTOWRITER_H
