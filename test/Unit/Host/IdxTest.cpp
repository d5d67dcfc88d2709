//===- IdxTest.cpp - IDX files, plain and gzipped -------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Fixtures.h"

#include <zlib.h>

using namespace symc::host;

static Tensor read(const std::string &file, DataType type) {
  return readTensor(openIdx(openMemory("t.idx", file.data(), file.size())), type);
}

static const std::string images("\0\0\x08\x03\0\0\0\x02\0\0\0\x01\0\0\0\x03"
                                "abcdef",
                                22);

TEST(Idx, ReadsBytesAndNumbers) {
  Tensor tensor = read(images, DataType::U8);
  EXPECT_EQ(tensor.shape, (Shape{2, 1, 3}));
  EXPECT_EQ(values<uint8_t>(tensor), (std::vector<uint8_t>{'a', 'b', 'c', 'd', 'e', 'f'}));
  Tensor numbers = read(std::string("\0\0\x0C\x01\0\0\0\x02\0\0\1\0\xFF\xFF\xFF\xFE", 16), DataType::I32);
  EXPECT_EQ(values<int32_t>(numbers), (std::vector<int32_t>{256, -2}));
}

TEST(Idx, RefusesWhatIsNot) {
  EXPECT_FAILURE(read(std::string("\1\0\x08\x01\0\0\0\0", 8), DataType::U8), "two zero bytes");
  EXPECT_FAILURE(read(std::string("\0\0\x07\x01\0\0\0\0", 8), DataType::U8), "element type is 0x07");
  EXPECT_FAILURE(read(std::string("\0\0\x08\x00", 4), DataType::U8), "0 dimensions");
  EXPECT_FAILURE(read(std::string("\0\0\x08\xFF", 4), DataType::U8), "255 dimensions");
  EXPECT_FAILURE(read(images + "g", DataType::U8), "but 7 follow");
  EXPECT_FAILURE(read(std::string("\0\0\x08\x03\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 16), DataType::U8),
                 "more than this machine's memory");
  for (size_t cut = 0; cut < images.size(); ++cut)
    EXPECT_NE(failure([&] { read(images.substr(0, cut), DataType::U8); }), "") << cut;
}

TEST(Idx, Gzipped) {
  Scratch scratch;
  gzFile file = gzopen(scratch.path("i.gz").c_str(), "wb");
  gzwrite(file, images.data(), images.size());
  gzclose(file);
  EXPECT_EQ(values<uint8_t>(readTensor(openTensor(scratch.path("i.gz")), DataType::U8)).size(), 6u);
  std::ifstream stream(scratch.path("i.gz"), std::ios::binary);
  std::string good((std::istreambuf_iterator<char>(stream)), {});
  for (size_t cut = 2; cut + 1 < good.size(); ++cut) {
    std::string path = scratch.write("cut.gz", good.substr(0, cut));
    EXPECT_NE(failure([&] { readTensor(openTensor(path), DataType::U8); }), "") << cut;
  }
  // More data than the header declares is an error, however much more there is.
  file = gzopen(scratch.path("bomb.gz").c_str(), "wb");
  gzwrite(file, images.data(), images.size());
  std::string zeros(1 << 20, '\0');
  for (int i = 0; i < 64; ++i)
    gzwrite(file, zeros.data(), zeros.size());
  gzclose(file);
  EXPECT_FAILURE(readTensor(openTensor(scratch.path("bomb.gz")), DataType::U8), "holds bytes after the 6 elements");
}
