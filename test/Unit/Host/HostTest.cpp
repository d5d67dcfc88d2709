//===- HostTest.cpp - Suggestions, options, shuffling, libraries ----------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "Fixtures.h"
#include "lib/Host/Library.h"
#include "lib/Host/NestedLists.h"
#include "lib/Host/Predict.h"
#include "lib/Host/Shuffle.h"
#include "lib/Support/Suggest.h"
#include "tools/symc/Options.h"

#include <numeric>
#include <random>
#include <sys/auxv.h>

using namespace symc;
using namespace symc::host;

/// Insertions, deletions, substitutions and transpositions of neighbours, by the definition.
static size_t editDistance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> d(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i)
    for (size_t j = 0; j <= b.size(); ++j) {
      d[i][j] = i == 0 ? j : i;
      if (i && j)
        d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  return d[a.size()][b.size()];
}

TEST(Suggest, EditDistance) {
  EXPECT_EQ(editDistance("complie", "compile"), 1u); // neighbours swapped
  EXPECT_EQ(editDistance("kitten", "sitting"), 3u);
  EXPECT_EQ(editDistance("", "abc"), 3u);
  EXPECT_EQ(editDistance("abcdef", "uvwxyz"), 6u);
  // The same of Suggestion, which takes a third of the word's length at most, letter case aside.
  using Names = std::vector<std::string>;
  EXPECT_EQ(suggest("complie", Names{"compile"}), "compile");
  EXPECT_EQ(suggest("kittenses", Names{"sittinges"}), "sittinges"); // 3 of at most 3
  EXPECT_EQ(suggest("kitten", Names{"sitting"}), "");               // 3, one past the limit
  EXPECT_EQ(suggest("MatMul", Names{"matmul"}), "matmul");
  EXPECT_EQ(suggest("abcdef", Names{"uvwxyz"}), "");
}

TEST(Suggest, NearestOfRandomWords) {
  std::mt19937 random(1);
  auto words = [&](size_t count, size_t longest, size_t letters) {
    std::vector<std::string> out(count);
    for (std::string &word : out)
      for (size_t n = 1 + random() % longest; n; --n)
        word += char('a' + random() % letters);
    return out;
  };
  for (size_t round = 0; round < 2000; ++round) {
    size_t longest = 1 + random() % 24, letters = 1 + random() % 4;
    std::vector<std::string> candidates = words(12, longest, letters);
    std::string word = words(1, longest, letters)[0];
    auto key = [&](const std::string &c) { return std::make_tuple(editDistance(word, c), c.size() != word.size(), c); };
    std::string nearest;
    for (const std::string &c : candidates)
      if (c != word && editDistance(word, c) <= std::max<size_t>(1, word.size() / 3))
        nearest = nearest.empty() || key(c) < key(nearest) ? c : nearest;
    ASSERT_EQ(suggest(word, candidates), nearest) << word;
  }
}

TEST(Suggest, WorkIsBounded) {
  // Permutations of the same letters: what differs is found by nothing but the distance itself.
  std::mt19937 random(1);
  std::string word(255, 'a');
  for (size_t i = 0; i < word.size(); ++i)
    word[i] = char('a' + i % 20);
  std::vector<std::string> candidates(100000, word);
  for (std::string &candidate : candidates)
    std::shuffle(candidate.begin(), candidate.end(), random);
  std::string near = word.substr(1);
  candidates.push_back(near);
  EXPECT_EQ(suggest(word, candidates), ""); // the work is at its end before the last one
  candidates.erase(candidates.begin() + 100, candidates.end() - 1);
  EXPECT_EQ(suggest(word, candidates), near);
}

TEST(Suggest, Rules) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(suggest("tnah", Names{"tan", "tanh", "tank"}), "tanh");
  EXPECT_EQ(suggest("complie", Names{"compile"}), "compile"); // neighbours swapped
  EXPECT_EQ(suggest("MatMul", Names{"matmul", "MatMu"}), "matmul");
  EXPECT_EQ(suggest("MATMUL", Names{"MATMUL", "mtamul"}), "mtamul"); // not itself
  EXPECT_EQ(suggest("x", Names{"y", "xy"}), "y");                    // the same length first
  EXPECT_EQ(suggest("W", Names{"b1", "Y", "X"}), "X");               // then the alphabet
  EXPECT_EQ(suggest("relu", Names{"sigmoid"}), "");
  EXPECT_EQ(suggest("abc", Names{"axyc"}), ""); // distance 2 of at most 1
}

static cli::Arguments parse(const char *command, std::vector<std::string> words) {
  return cli::parse(*cli::findCommand(command), words);
}

TEST(Options, Forms) {
  cli::Arguments a = parse(
      "train", {"m.json", "--epochs=3", "--dim", "a=1,b=2", "--dim", "c=3", "-O3", "--checkpoint", "d", "--resume"});
  EXPECT_EQ(a.file, "m.json");
  EXPECT_EQ(a.integer("--epochs", 1, 1, 100), 3);
  EXPECT_EQ(a.dims(), (DimValues{{"a", 1}, {"b", 2}, {"c", 3}}));
  EXPECT_EQ(a.integer("-O", 2, 0, 3), 3);
  EXPECT_TRUE(a.has("--resume"));
  EXPECT_EQ(parse("check", {"--", "-odd.json"}).file, "-odd.json");
}

TEST(Options, PathsMayHoldCommas) {
  auto pairs = parse("run", {"m.so", "--in", "x=a,b.npy,y=c=d.npy"}).pairs("--in");
  ASSERT_EQ(pairs.size(), 2u);
  EXPECT_EQ(pairs[0].second, "a,b.npy");
  EXPECT_EQ(pairs[1].second, "c=d.npy");
}

TEST(Options, Mistakes) {
  EXPECT_FAILURE(parse("train", {"m.json", "--epoch", "3"}), "S1002 `symc train` has no option '--epoch' [--epochs]");
  EXPECT_FAILURE(parse("check", {"m.json", "--epochs", "3"}), "`symc check` has no option --epochs");
  EXPECT_FAILURE(parse("train", {"m.json", "--epochs"}), "S1003 --epochs needs a value");
  EXPECT_FAILURE(parse("train", {"m.json", "--seed", "1", "--seed=2"}), "S1006 --seed is given twice");
  EXPECT_FAILURE(parse("train", {"m.json", "n.json"}), "more than one file");
  EXPECT_FAILURE(parse("train", {}), "S1005 `symc train` needs a file");
  EXPECT_FAILURE(parse("train", {"m.json", "--resume=1"}), "takes no value");
  EXPECT_FAILURE(parse("train", {"m.json", "--cast", "x,,y"}), "an empty item");
  EXPECT_FAILURE(parse("train", {"m.json", "--dim", "a=-1"}).dims(), "whole number from 0");
  EXPECT_FAILURE(parse("train", {"m.json", "--dim", "a=1,a=2"}).dims(), "twice");
  EXPECT_FAILURE(parse("train", {"m.json", "--epochs", "3x"}).integer("--epochs", 1, 1, 9), "not '3x'");
  EXPECT_FAILURE(parse("train", {"m.json", "--seed", "-1"}).seed(), "--seed");
  EXPECT_FAILURE(parse("train", {"m.json", "--validation-split", "1"}).fraction("--validation-split"),
                 "between 0 and 1");
  EXPECT_FAILURE(parse("train", {"m.json", "--target", "gpu"}).choice("--target", {"cpu", "cuda"}, "cpu"), "[cpu]");
  EXPECT_DOUBLE_EQ(cli::parseScale("--scale", "1/255"), 1.0 / 255);
  for (const char *bad : {"", "1/0", "x", "1/", "nan", "0"})
    EXPECT_NE(failure([&] { cli::parseScale("--scale", bad); }), "") << bad;
}

TEST(Shuffle, IsAPermutationOfSeedAndEpoch) {
  std::vector<int64_t> rows = shuffledRows(1000, 7, 3), sorted = rows, identity(1000);
  std::iota(identity.begin(), identity.end(), 0);
  EXPECT_NE(rows, identity);
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(sorted, identity);
  EXPECT_EQ(shuffledRows(1000, 7, 3), rows);
  EXPECT_NE(shuffledRows(1000, 7, 4), rows);
  EXPECT_NE(shuffledRows(1000, 8, 3), rows);
  EXPECT_TRUE(shuffledRows(0, 1, 1).empty());
}

TEST(Library, RefusesStrangers) {
  Scratch scratch;
  EXPECT_FAILURE(Library(scratch.path("no.so")), "No such file");
  EXPECT_FAILURE(Library(scratch.write("a.so", "hello")), "neither a graph file nor a shared library");
  std::ifstream stream(reinterpret_cast<const char *>(getauxval(AT_EXECFN)), std::ios::binary); // this program
  std::string elf(4096, '\0');
  stream.read(elf.data(), elf.size());
  EXPECT_FAILURE(Library(scratch.write("b.so", elf)), "S1301"); // the section headers are cut off
  elf[18] = 40;                                                 // ARM
  EXPECT_FAILURE(Library(scratch.write("c.so", elf)), "S1302");
  for (size_t cut = 0; cut < 64; ++cut)
    EXPECT_NE(failure([&] { Library(scratch.write("d.so", elf.substr(0, cut))); }), "") << cut;
}

TEST(Predict, NestedLists) {
  std::vector<Tensor> tensors(2);
  Tensor &tensor = tensors[0];
  tensor.type = DataType::F32;
  tensor.shape = {2, 2};
  tensor.data.resize(16);
  float data[] = {0.1f, -0.0f, NAN, INFINITY};
  memcpy(tensor.data.data(), data, 16);
  int64_t notFinite = 0;
  EXPECT_EQ(nestedLists({"y"}, tensors, notFinite), "{\"y\": [[0.1, -0.0], [null, null]]}");
  EXPECT_EQ(notFinite, 2);
  // Beside an f64 too, an f32 is printed with the digits that it needs.
  double wide[] = {0.1, 3};
  tensors[1].type = DataType::F64;
  tensors[1].shape = {2};
  tensors[1].data.resize(16);
  memcpy(tensors[1].data.data(), wide, 16);
  EXPECT_EQ(nestedLists({"y", "z"}, tensors, notFinite), "{\"y\": [[0.1, -0.0], [null, null]], \"z\": [0.1, 3]}");
  tensor.shape = {0, 3};
  EXPECT_EQ(nestedLists({"y"}, tensors, notFinite), "{\"y\": []}");
}
