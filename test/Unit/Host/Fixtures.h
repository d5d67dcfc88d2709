//===- Fixtures.h - Files for the tests of the readers --------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_TEST_HOST_FIXTURES_H
#define SYMC_TEST_HOST_FIXTURES_H

#include "lib/Host/Errors.h"
#include "lib/Host/Tensor.h"

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>

namespace symc::host {

/// A directory that is gone after the test.
class Scratch {
public:
  Scratch() {
    std::string pattern = (std::filesystem::temp_directory_path() / "symc-test-XXXXXX").string();
    directory = mkdtemp(pattern.data());
  }
  ~Scratch() { std::filesystem::remove_all(directory); }
  std::string path(const std::string &name) const { return (directory / name).string(); }
  std::string write(const std::string &name, const std::string &bytes) const {
    std::ofstream(path(name), std::ios::binary) << bytes;
    return path(name);
  }

private:
  std::filesystem::path directory;
};

/// An .npy file of version 1 with this dictionary.
inline std::string npy(const std::string &dictionary, const std::string &data = {}) {
  std::string header = dictionary + "\n";
  return std::string("\x93NUMPY\x01\x00", 8) + char(header.size() & 255) + char(header.size() >> 8) + header + data;
}

template <typename T> std::string bytes(std::initializer_list<T> values) {
  return std::string(reinterpret_cast<const char *>(values.begin()), values.size() * sizeof(T));
}

template <typename T> std::vector<T> values(const Tensor &tensor) {
  std::vector<T> out(tensor.data.size() / sizeof(T));
  if (!out.empty())
    memcpy(out.data(), tensor.data.data(), tensor.data.size());
  return out;
}

/// The code and message of the Error that `f` throws; empty when it throws none.
template <typename F> std::string failure(F f) {
  try {
    f();
  } catch (const Error &error) {
    const Diagnostic &d = error.diagnostic;
    std::string place = d.line ? std::to_string(d.line) + ":" + std::to_string(d.column) + ": " : "";
    return place + d.code + " " + d.message + (d.suggestion.empty() ? "" : " [" + d.suggestion + "]");
  }
  return "";
}

#define EXPECT_FAILURE(statement, part)                                                                                \
  do {                                                                                                                 \
    std::string said = failure([&] { statement; });                                                                    \
    EXPECT_NE(said.find(part), std::string::npos) << "said: " << said;                                                 \
  } while (false)

} // namespace symc::host

#endif // SYMC_TEST_HOST_FIXTURES_H
