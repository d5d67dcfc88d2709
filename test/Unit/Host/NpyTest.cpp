//===- NpyTest.cpp - .npy and .npz files, good and hostile ----------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Fixtures.h"

#include <sys/stat.h>

#include <zip.h>

using namespace symc::host;

static Tensor read(const std::string &file, DataType type) {
  return readTensor(openNpy(openMemory("t.npy", file.data(), file.size())), type);
}

TEST(Npy, ReadsWhatNumPyWrites) {
  Tensor tensor =
      read(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", bytes<float>({1, 2, 3, 4, 5, 6})),
           DataType::F32);
  EXPECT_EQ(tensor.shape, (Shape{2, 3}));
  EXPECT_EQ(values<float>(tensor), (std::vector<float>{1, 2, 3, 4, 5, 6}));
  Tensor scalar =
      read(npy("{'descr': '<i8', 'fortran_order': False, 'shape': (), }", bytes<int64_t>({7})), DataType::I64);
  EXPECT_TRUE(scalar.shape.empty());
  Tensor empty = read(npy("{'descr': '|u1', 'fortran_order': False, 'shape': (0, 5), }"), DataType::U8);
  EXPECT_EQ(empty.data.size(), 0u);
}

TEST(Npy, ReadsFortranOrderAndBigEndian) {
  Tensor tensor =
      read(npy("{'descr': '>i2', 'fortran_order': True, 'shape': (2, 3)}", std::string("\0\1\0\4\0\2\0\5\0\3\0\6", 12)),
           DataType::I16);
  EXPECT_EQ(values<int16_t>(tensor), (std::vector<int16_t>{1, 2, 3, 4, 5, 6}));
}

TEST(Npy, FortranOrderBeyondOneChunk) {
  // 40,000 elements arrive in two chunks.
  std::string data;
  for (int16_t column = 0; column < 200; ++column)
    for (int16_t row = 0; row < 200; ++row)
      data += bytes<int16_t>({static_cast<int16_t>(row * 100 + column % 100)});
  Tensor tensor = read(npy("{'descr': '<i2', 'fortran_order': True, 'shape': (200, 200)}", data), DataType::I16);
  std::vector<int16_t> got = values<int16_t>(tensor);
  for (int row : {0, 1, 77, 199})
    for (int column : {0, 3, 150, 199})
      EXPECT_EQ(got[row * 200 + column], row * 100 + column % 100);
}

TEST(Npy, ReadsLongHeaders) {
  std::string header = "{'descr': '<f8', 'fortran_order': False, 'shape': (1,)}" + std::string(300, ' ') + "\n";
  std::string file =
      std::string("\x93NUMPY\x02\x00", 8) + bytes<uint32_t>({uint32_t(header.size())}) + header + bytes({2.5});
  EXPECT_EQ(values<double>(read(file, DataType::F64)), std::vector<double>{2.5});
  file[6] = 4;
  EXPECT_FAILURE(read(file, DataType::F64), "unknown version 4");
}

TEST(Npy, Converts) {
  std::string f64 = npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2,)}", bytes({1.5, 1e10}));
  EXPECT_EQ(values<float>(read(f64, DataType::F32)), (std::vector<float>{1.5f, 1e10f}));
  EXPECT_FAILURE(read(f64, DataType::I32), "element 0 is 1.5, which i32 cannot represent");
  std::string whole = npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2,)}", bytes({2.0, 1e10}));
  EXPECT_FAILURE(read(whole, DataType::I32), "element 1 is 1e+10, which i32 cannot represent");
  EXPECT_FAILURE(read(f64, DataType::F16), "element 1 is 1e+10, which f16 cannot represent");
  std::string half =
      npy("{'descr': '<f2', 'fortran_order': False, 'shape': (3,)}", bytes<uint16_t>({0x3C00, 0x0001, 0xFC00}));
  EXPECT_EQ(values<float>(read(half, DataType::F32)), (std::vector<float>{1, 0x1p-24f, -INFINITY}));
  std::string truth = npy("{'descr': '|b1', 'fortran_order': False, 'shape': (2,)}", bytes<uint8_t>({1, 2}));
  EXPECT_FAILURE(read(truth, DataType::Bool), "holds the byte 2 as bool element 1");
}

TEST(Npy, RefusesWrongHeaders) {
  auto header = [](const std::string &text) { return failure([&] { read(npy(text), DataType::F32); }); };
  EXPECT_NE(header("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}").find("S1103"), std::string::npos);
  EXPECT_NE(header("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}").find("structured"),
            std::string::npos);
  for (const char *descr : {"<c8", "|S4", "<U2", "<M8[s]", "|V8", "<f3", "", "<", "f4f4"})
    EXPECT_NE(
        header(std::string("{'descr': '") + descr + "', 'fortran_order': False, 'shape': (1,)}").find("not supported"),
        std::string::npos)
        << descr;
  for (const char *text :
       {"", "{", "{}", "[]", "{'descr': '<f4'}", "{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775808,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1 2)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': [1]}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'more': 1}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,"
        "1,1,1,1,1,1,1,1,1,1)}"})
    EXPECT_NE(header(text).find("S1102"), std::string::npos) << text << ": " << header(text);
}

TEST(Npy, RefusesWrongSizes) {
  EXPECT_FAILURE(read(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", "1234567"), DataType::F32),
                 "but 7 follow");
  EXPECT_FAILURE(read(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", "123456789"), DataType::F32),
                 "but 9 follow");
  EXPECT_FAILURE(read(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904,)}"), DataType::F32),
                 "more than this machine's memory");
  EXPECT_FAILURE(
      read(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}"), DataType::F32),
      "more than this machine's memory");
}

TEST(Npy, SurvivesTruncationAnywhere) {
  std::string file = npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", bytes<float>({1, 2}));
  for (size_t cut = 0; cut < file.size(); ++cut)
    EXPECT_NE(failure([&] { read(file.substr(0, cut), DataType::F32); }), "") << cut;
}

TEST(Npy, WritesWhatItReads) {
  Scratch scratch;
  for (const Shape &shape : {Shape{}, Shape{3}, Shape{3, 1}}) {
    std::vector<int32_t> data = {4, 5, 6};
    writeNpy(scratch.path("a.npy"), DataType::I32, shape, data.data());
    Tensor tensor = readTensor(openTensor(scratch.path("a.npy")), DataType::I32);
    EXPECT_EQ(tensor.shape, shape);
    EXPECT_EQ(values<int32_t>(tensor)[0], 4);
    EXPECT_EQ((std::filesystem::file_size(scratch.path("a.npy")) - tensor.data.size()) % 64, 0u);
  }
}

//===----------------------------------------------------------------------===//
// .npz
//===----------------------------------------------------------------------===//

static std::string makeNpz(const Scratch &scratch, const std::vector<std::pair<std::string, std::string>> &members) {
  std::string path = scratch.path("d.npz");
  zip_t *zip = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, nullptr);
  for (const auto &[name, data] : members)
    zip_file_add(zip, name.c_str(), zip_source_buffer(zip, data.data(), data.size(), 0), 0);
  EXPECT_EQ(zip_close(zip), 0);
  return path;
}

TEST(Npz, ReadsMembers) {
  Scratch scratch;
  std::string x = npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", bytes<float>({1, 2}));
  NpzArchive archive(makeNpz(scratch, {{"x.npy", x}, {"../evil.npy", x}, {"notes.txt", "hello"}}));
  EXPECT_EQ(archive.names(), (std::vector<std::string>{"x", "../evil"}));
  EXPECT_EQ(values<float>(readTensor(archive.open("x"), DataType::F32)), (std::vector<float>{1, 2}));
  EXPECT_FAILURE(archive.open("y"), "'y.npy' cannot be read");
}

TEST(Npz, InflatesNoBomb) {
  Scratch scratch;
  // 64 MiB of zeros behind a header that asks for one element: one element more is read, and that is the error.
  std::string bomb = npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", std::string(1 << 26, '\0'));
  NpzArchive archive(makeNpz(scratch, {{"x.npy", bomb}}));
  EXPECT_FAILURE(readTensor(archive.open("x"), DataType::F32), "holds bytes after the 1 elements");
  // The reverse: a header that promises what is not there takes no memory.
  std::string promise = npy("{'descr': '|u1', 'fortran_order': False, 'shape': (1000000000,)}", "ab");
  NpzArchive second(makeNpz(scratch, {{"x.npy", promise}}));
  EXPECT_FAILURE(readTensor(second.open("x"), DataType::U8), "ends after 2 elements");
}

TEST(Npz, RefusesDamage) {
  Scratch scratch;
  std::string x = npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", bytes<float>({1, 2}));
  std::string path = makeNpz(scratch, {{"x.npy", x}});
  std::ifstream stream(path, std::ios::binary);
  std::string good((std::istreambuf_iterator<char>(stream)), {});
  for (size_t cut = 0; cut < good.size(); cut += 3) {
    std::string damaged = scratch.write("cut.npz", good.substr(0, cut));
    EXPECT_NE(failure([&] {
                NpzArchive archive(damaged);
                readTensor(archive.open("x"), DataType::F32);
              }),
              "")
        << cut;
  }
  for (size_t at = 0; at < good.size(); ++at) { // must not crash; some bytes do not matter
    std::string bad = good;
    bad[at] ^= 0x41;
    std::string damaged = scratch.write("bad.npz", bad);
    failure([&] {
      NpzArchive archive(damaged);
      readTensor(archive.open("x"), DataType::F32);
    });
  }
}

//===----------------------------------------------------------------------===//
// Files that are none
//===----------------------------------------------------------------------===//

TEST(Files, OnlyRegularOnesAreOpened) {
  Scratch scratch;
  EXPECT_FAILURE(openTensor(scratch.path("nothing.npy")), "No such file");
  EXPECT_FAILURE(openTensor("/dev/zero"), "not a regular file");
  EXPECT_FAILURE(openTensor("/"), "is a directory");
  ASSERT_EQ(mkfifo(scratch.path("fifo").c_str(), 0600), 0);
  EXPECT_FAILURE(openTensor(scratch.path("fifo")), "not a regular file");
  EXPECT_FAILURE(openTensor(scratch.write("text", "hello")), "neither an .npy nor an IDX file");
  EXPECT_FAILURE(openTensor(scratch.write("empty", "")), "S1102");
}
