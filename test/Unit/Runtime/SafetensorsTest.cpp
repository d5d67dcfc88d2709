//===- SafetensorsTest.cpp - Weight files, good and hostile --------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "runtime/Runtime.h"
#include "gtest/gtest.h"
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <string>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

using namespace symc::rt;

namespace {
struct SafetensorsTest : testing::Test {
  Allocator allocator;
  char error[errorSize] = "";

  /// The message for a header with this many bytes of data; "" when it is accepted.
  std::string parse(std::string header, uint64_t dataBytes) {
    SafetensorsFile file(allocator);
    file.dataBytes = dataBytes;
    error[0] = 0;
    if (parseHeader(file, header.data(), header.size(), error) == SYMC_OK)
      return "";
    EXPECT_NE(error[0], 0) << header;
    return error;
  }
  static std::string tensor(const char *name, const char *dtype, const char *shape, const char *offsets) {
    return std::string("\"") + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape +
           ",\"data_offsets\":" + offsets + "}";
  }
};

TEST_F(SafetensorsTest, Accepts) {
  EXPECT_EQ(parse("{}", 0), "");
  EXPECT_EQ(parse("{" + tensor("a", "F32", "[2, 2]", "[0,16]") + "}   ", 16), "");
  EXPECT_EQ(parse("{" + tensor("b", "F32", "[1]", "[4,8]") + "," + tensor("a", "I32", "[]", "[0,4]") + "}", 8), "");
  EXPECT_EQ(parse("{" + tensor("e", "F32", "[0, 99999999999999]", "[0,0]") + "}", 0), "");
  EXPECT_EQ(parse("{\"__metadata__\":{\"k\":\"v\\u00e9\\ud83d\\ude00\"}," + tensor("a", "U8", "[3]", "[0,3]") + "}", 3),
            "");
  EXPECT_EQ(parse("{ \"a\" : {\"data_offsets\":[0,1],\n\"dtype\":\"BOOL\", \"shape\":[1]}}", 1), "");
}

TEST_F(SafetensorsTest, NamesAreUnescaped) {
  std::string header = "{" + tensor("fc\\u0031\\/k\\\"\\ud83d\\ude00", "U8", "[]", "[0,1]") + "}";
  SafetensorsFile file(allocator);
  file.dataBytes = 1;
  ASSERT_EQ(parseHeader(file, header.data(), header.size(), error), SYMC_OK) << error;
  EXPECT_STREQ(file.tensors[0].name, "fc1/k\"\xf0\x9f\x98\x80");
  EXPECT_NE(file.find("fc1/k\"\xf0\x9f\x98\x80"), nullptr);
  EXPECT_EQ(file.find("other"), nullptr);
}

TEST_F(SafetensorsTest, RefusesWithReasons) {
  auto one = [](const std::string &s) { return "{" + s + "}"; };
  std::string a = tensor("a", "F32", "[1]", "[0,4]");
  EXPECT_EQ(parse(one(a), 8), "4 bytes follow the last tensor");
  EXPECT_EQ(parse(one(tensor("a", "F32", "[1]", "[4,8]")), 8), "there is a hole of 4 bytes before tensor 'a'");
  EXPECT_EQ(parse(one(a + "," + tensor("b", "F32", "[1]", "[2,6]")), 6), "2 bytes of tensor 'b' overlap another");
  EXPECT_EQ(parse(one(a + "," + a), 4), "'a' is there twice");
  EXPECT_EQ(parse(one(tensor("a", "F33", "[1]", "[0,4]")), 4), "tensor 'a' has the unknown dtype 'F33'");
  for (const char *offsets : {"[0,5]", "[4,0]", "[0,3]", "[0,8]"})
    EXPECT_NE(parse(one(tensor("a", "F32", "[1]", offsets)), 4).find("has the data_offsets"), std::string::npos);
  EXPECT_NE(parse(one(tensor("a", "F32", "[4294967296,4294967296,4]", "[0,0]")), 0), "");
  for (const char *bad :
       {"", "{", "[]", "{}x", "{,}", "{\"a\"}", "{\"a\":1}", "{\"a\":{}}", "{\"__metadata__\":{\"k\":1}}",
        "{\"__metadata__\":{\"k\":\"v\",\"k\":\"w\"}}", "{\"__metadata__\":{},\"__metadata__\":{}}",
        "{\"a\\u0000b\":{}}", "{\"\\ud800\":{}}", "{\"\\udc00\\ud800\":{}}", "{\"\xff\":{}}", "{\"a\n\":{}}",
        "{\"\\x\":{}}", "{\"\\u12", "{\"abc"})
    EXPECT_NE(parse(bad, 0), "") << bad;
  for (const char *shape :
       {"[-1]", "[1.0]", "[01]", "[1e0]", "[9223372036854775808]", "[99999999999999999999999]", "1", "[[1]]", "[1,]",
        "[\"1\"]", "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]"})
    EXPECT_NE(parse(one(tensor("a", "F32", shape, "[0,4]")), 4), "") << shape;
  EXPECT_NE(parse(one("\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}"), 4), "");
  EXPECT_NE(parse(one("\"a\":{\"dtype\":\"F32\",\"more\":1,\"shape\":[1],\"data_offsets\":[0,4]}"), 4), "");
  EXPECT_NE(parse(one("\"a\":" + std::string(100000, '[')), 4), "");
}

TEST_F(SafetensorsTest, EveryTruncationIsRefused) {
  std::string header = "{\"__metadata__\":{\"k\":\"\\u00e9\"}," + tensor("a", "F32", "[2,1]", "[0,8]") + "}";
  ASSERT_EQ(parse(header, 8), "");
  for (size_t cut = 0; cut < header.size(); ++cut)
    EXPECT_NE(parse(header.substr(0, cut), 8), "") << cut;
}

TEST_F(SafetensorsTest, HostileFiles) {
  std::string name = testing::TempDir() + "symc-safetensors-XXXXXX";
  std::string folder = mkdtemp(name.data()), path = folder + "/f";
  auto open = [&](const std::string &bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
    SafetensorsFile file(allocator);
    return file.open(path.c_str(), error);
  };
  EXPECT_EQ(open(""), SYMC_IO_ERROR);
  EXPECT_EQ(open(std::string(7, '\0')), SYMC_IO_ERROR);
  EXPECT_EQ(open(std::string(8, '\xff')), SYMC_INVALID_ARGUMENT);
  EXPECT_EQ(open(std::string("\x03\0\0\0\0\0\0\0{}", 10)), SYMC_INVALID_ARGUMENT);
  EXPECT_EQ(open(std::string("\x02\0\0\0\0\0\0\0{}", 10)), SYMC_OK) << error;
  EXPECT_EQ(open(std::string("\x02\0\0\0\0\0\0\0{}x", 11)), SYMC_INVALID_ARGUMENT);
  std::string fifo = folder + "/fifo";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  for (const char *odd : {fifo.c_str(), "/dev/zero", "/dev/null", folder.c_str(), ""}) {
    SafetensorsFile file(allocator);
    EXPECT_NE(file.open(odd, error), SYMC_OK) << odd;
  }
  std::system(("rm -rf " + folder).c_str());
}

TEST_F(SafetensorsTest, WritesWhatItReads) {
  std::string name = testing::TempDir() + "symc-safetensors-XXXXXX";
  std::string folder = mkdtemp(name.data()), path = folder + "/f";
  float values[] = {1, 2, 3, 4, 5, 6};
  uint8_t flags[] = {1, 0, 1};
  int64_t shape[] = {2, 3}, three[] = {3};
  FileTensor tensors[] = {{"a\"\\\n/b", "F32", shape, 2, 0, 24, values}, {"m", "BOOL", three, 1, 0, 3, flags}};
  Metadata metadata[] = {{"note", "tab\there"}};
  ASSERT_EQ(writeSafetensors(allocator, path.c_str(), tensors, 2, metadata, 1, false, error), SYMC_OK) << error;
  SafetensorsFile file(allocator);
  ASSERT_EQ(file.open(path.c_str(), error), SYMC_OK) << error;
  EXPECT_STREQ(file.meta("note"), "tab\there");
  FileTensor *found = file.find("a\"\\\n/b");
  ASSERT_NE(found, nullptr);
  float read[6];
  found->data = read;
  ASSERT_EQ(file.readTensors(path.c_str(), error), SYMC_OK);
  EXPECT_EQ(memcmp(read, values, sizeof(read)), 0);
  EXPECT_EQ(file.dataOffset % 8, 0u);
  std::system(("rm -rf " + folder).c_str());
}
/// Readers see whole files only, however many processes write to one name.
TEST_F(SafetensorsTest, WritersDoNotMeet) {
  std::string path = testing::TempDir() + "/symc-writers-" + std::to_string(getpid());
  auto save = [&](float value, char *message) {
    std::vector<float> values(5000, value);
    const int64_t shape[] = {5000};
    FileTensor tensor = {"a", "F32", shape, 1, 0, 20000, values.data()};
    return writeSafetensors(allocator, path.c_str(), &tensor, 1, nullptr, 0, true, message);
  };
  ASSERT_EQ(save(0, error), SYMC_OK) << error;
  constexpr int writers = 4, rounds = 30;
  for (int w = 0; w < writers; ++w)
    if (fork() == 0) {
      int failed = 0;
      for (int i = 0; i < rounds; ++i)
        failed += save(static_cast<float>(w), error) != SYMC_OK;
      _exit(failed);
    }
  for (int running = writers; running > 0;) {
    SafetensorsFile file(allocator);
    ASSERT_EQ(file.open(path.c_str(), error), SYMC_OK) << error;
    std::vector<float> values(5000);
    file.tensors[0].data = values.data();
    ASSERT_EQ(file.readTensors(path.c_str(), error), SYMC_OK) << error;
    for (float value : values)
      ASSERT_EQ(value, values[0]);
    int status = 0;
    if (waitpid(-1, &status, WNOHANG) > 0) {
      EXPECT_EQ(status, 0);
      --running;
    }
  }
  unlink(path.c_str());
}

/// What is no regular file is written as it is.
TEST_F(SafetensorsTest, WritesIntoPipes) {
  std::string path = testing::TempDir() + "/symc-pipe-" + std::to_string(getpid());
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  int reader = open(path.c_str(), O_RDONLY | O_NONBLOCK);
  float value = 1;
  FileTensor tensor = {"a", "F32", nullptr, 0, 0, 4, &value};
  EXPECT_EQ(writeSafetensors(allocator, path.c_str(), &tensor, 1, nullptr, 0, false, error), SYMC_OK) << error;
  char bytes[256];
  EXPECT_GT(read(reader, bytes, sizeof bytes), 12);
  close(reader);
  struct stat status;
  EXPECT_TRUE(stat(path.c_str(), &status) == 0 && S_ISFIFO(status.st_mode));
  unlink(path.c_str());
}

} // namespace
