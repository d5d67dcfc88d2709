//===- CsvTest.cpp - Comma-separated values -------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/Csv.h"
#include "Fixtures.h"

using namespace symc::host;

static std::vector<Tensor> read(const std::string &text, const std::vector<CsvRequest> &requests) {
  return readCsv(openMemory("d.csv", text.data(), text.size()), requests);
}

static std::vector<float> column(const std::string &text, const std::string &which) {
  return values<float>(read(text, {{"x", which, DataType::F32}})[0]);
}

TEST(Csv, ColumnsByIndexAndName) {
  std::string text = "a,b,side\r\n1,2,3\r\n4.5,-5e-1,+6\r\n";
  std::vector<Tensor> tensors =
      read(text, {{"x", "0:2", DataType::F32}, {"y", "side", DataType::I64}, {"z", "b:3", DataType::F64}});
  EXPECT_EQ(tensors[0].shape, (Shape{2, 2}));
  EXPECT_EQ(values<float>(tensors[0]), (std::vector<float>{1, 2, 4.5f, -0.5f}));
  EXPECT_EQ(tensors[1].shape, (Shape{2}));
  EXPECT_EQ(values<int64_t>(tensors[1]), (std::vector<int64_t>{3, 6}));
  EXPECT_EQ(values<double>(tensors[2]), (std::vector<double>{2, 3, -0.5, 6}));
}

TEST(Csv, QuotesEndsAndBlanks) {
  EXPECT_EQ(column("\"1\",\"2\"\n\"3\", 4 ", "0"), (std::vector<float>{1, 3}));
  EXPECT_EQ(column("\"a\"\"b\",\"c,\nd\"\n1,2\n", "1"), (std::vector<float>{2}));
  EXPECT_EQ(column("1\n2\n\n\n", "0"), (std::vector<float>{1, 2}));
  EXPECT_EQ(column("\xEF\xBB\xBF"
                   "1,2\n",
                   "0"),
            (std::vector<float>{1}));
  EXPECT_EQ(column("1e-50,1e-320\n", "0:2"), (std::vector<float>{0, 0}));
}

TEST(Csv, ErrorsAreLocated) {
  EXPECT_EQ(failure([] { column("a,b\n1,2\n3,x7\n", "0:2"); }),
            "3:3: S1109 'x7' is not a number of type f32, the type of input 'x'");
  EXPECT_EQ(failure([] { column("1,2\n3\n", "0"); }), "2:1: S1109 a row of 1 columns after rows of 2");
  EXPECT_EQ(failure([] { column("1\n\n2\n", "0"); }), "2:1: S1109 an empty line between rows");
  EXPECT_EQ(failure([] { column("1,2\n,4\n", "0"); }),
            "2:1: S1109 an empty cell, needed as f32, the type of input 'x'");
  EXPECT_EQ(failure([] { column("1, \n3,4\n", "0:2"); }),
            "1:3: S1109 ' ' is not a number of type f32, the type of input 'x'"); // and not a header
  EXPECT_EQ(failure([] { column("1,2\n1e99,4\n", "0"); }),
            "2:1: S1109 '1e99' is out of the range of f32, the type of input 'x'");
  EXPECT_EQ(failure([] { column("\"1,2\n", "0"); }), "1:1: S1109 a quote without end");
  EXPECT_EQ(failure([] { column("\"1\"2\n", "0"); }), "1:4: S1109 text after a closing quote");
  EXPECT_EQ(failure([] { column("1,2\r\n3,4\r5,6\r\n", "0"); }),
            "2:4: S1109 a CR without LF behind it: a line ends with LF or CRLF");
  EXPECT_FAILURE(column("1\r\r\n2\r\r\n", "0"), "1:2: S1109 a CR without LF");
  EXPECT_FAILURE(column("1\n2\r", "0"), "2:2: S1109 a CR without LF");
  EXPECT_FAILURE(read("1\n2.5\n", {{"x", "0", DataType::I32}}), "2:1: S1109 '2.5' is not an integer of type i32");
  EXPECT_FAILURE(read("1\n300\n", {{"x", "0", DataType::U8}}), "out of the range of u8");
  EXPECT_FAILURE(read("1\n-1\n", {{"x", "0", DataType::U8}}), "out of the range of u8");
  EXPECT_FAILURE(read("1\n--0\n", {{"x", "0", DataType::U8}}), "'--0' is not an integer of type u8");
  EXPECT_EQ(values<uint8_t>(read("1\n-0\n", {{"x", "0", DataType::U8}})[0]), (std::vector<uint8_t>{1, 0}));
  EXPECT_FAILURE(read("1\n2\n", {{"x", "0", DataType::Bool}}), "2:1: S1109 '2' is not a bool");
  // The line is shown whole, also where reading stopped within it.
  try {
    column("7,8\n\"1\"2,3\n4,5\n", "0");
    FAIL();
  } catch (const Error &error) {
    EXPECT_EQ(error.sourceLine, "\"1\"2,3");
  }
  EXPECT_FAILURE(column("", "0"), "is empty");
  EXPECT_FAILURE(column("a,b\n", "0"), "no rows");
}

static std::vector<Tensor> readTexts(const std::string &text, const std::vector<CsvRequest> &requests,
                                     CategoryCodes &codes, char delimiter = ',') {
  CsvOptions options;
  options.delimiter = delimiter;
  for (const CsvRequest &request : requests)
    if (request.categories)
      options.textColumns.emplace_back(request.input, request.columns);
  return readCsv(openMemory("d.csv", text.data(), text.size()), requests, options, &codes);
}

TEST(Csv, CategoriesAreNumberedByTheirBytes) {
  CategoryCodes codes;
  std::vector<CsvRequest> requests = {{"x", "0", DataType::F32}, {"y", "1", DataType::I64, true}};
  // Upper case before lower case, "10" before "9", a prefix first; blanks around do not count, quotes neither.
  std::vector<Tensor> tensors = readTexts("1,b\n2,\"B\"\n3,9\n4, 10\n5,\xC3\xA4\n6,ba\n7,b \n", requests, codes);
  EXPECT_EQ(codes["y"][0], (std::vector<std::string>{"10", "9", "B", "b", "ba", "\xC3\xA4"}));
  EXPECT_EQ(values<int64_t>(tensors[1]), (std::vector<int64_t>{3, 2, 1, 0, 5, 4, 3}));
  EXPECT_EQ(tensors[1].shape, (Shape{7}));
}

TEST(Csv, CategoriesOfEachColumn) {
  CategoryCodes codes;
  std::vector<Tensor> tensors =
      readTexts("u;v;n\nq;r;1\np;r;2\n", {{"y", "u:n", DataType::F32, true}, {"x", "n", DataType::F32}}, codes, ';');
  EXPECT_EQ(codes["y"], (std::vector<std::vector<std::string>>{{"p", "q"}, {"r"}}));
  EXPECT_EQ(values<float>(tensors[0]), (std::vector<float>{1, 0, 0, 0}));
  EXPECT_EQ(tensors[0].shape, (Shape{2, 2}));
}

TEST(Csv, KnownCategories) {
  CategoryCodes codes;
  std::vector<std::vector<std::string>> known = {{"a", "b", "c"}};
  std::vector<CsvRequest> requests = {{"x", "0", DataType::F32}, {"y", "1", DataType::U8, true, &known}};
  EXPECT_EQ(values<uint8_t>(readTexts("1,c\n2,a\n", requests, codes)[1]), (std::vector<uint8_t>{2, 0}));
  EXPECT_EQ(codes["y"], known);
  EXPECT_FAILURE(readTexts("1,c\n2,ab\n", requests, codes), "2:3: S1121 'ab' is no category of input 'y'");
}

TEST(Csv, ColumnsOfNumbersAmongCategories) {
  CategoryCodes codes;
  std::string text = "a,b,c,y\n1.5,red,10,0\n-2,blue,9,1\n";
  std::vector<CsvRequest> requests = {{"x", "0:3", DataType::F32, true}, {"y", "3", DataType::F32}};
  EXPECT_EQ(values<float>(readTexts(text, requests, codes)[0]), (std::vector<float>{1.5f, 1, 10, -2, 0, 9}));
  EXPECT_EQ(codes["x"], (std::vector<std::vector<std::string>>{{}, {"blue", "red"}, {}}));
  std::vector<std::vector<std::string>> known = codes["x"];
  requests[0].known = &known;
  EXPECT_EQ(values<float>(readTexts("a,b,c,y\n7,red,1e1,3\n", requests, codes)[0]), (std::vector<float>{7, 1, 10}));
  EXPECT_FAILURE(readTexts("a,b,c,y\n7,red,x,3\n", requests, codes),
                 "2:7: S1109 'x' is not a number of type f32, the type of input 'x'");
}

TEST(Csv, ColumnsOfNumbersAlone) {
  CategoryCodes codes;
  std::vector<CsvRequest> requests = {{"x", "0", DataType::F32}, {"y", "1", DataType::I64, true}};
  EXPECT_EQ(values<int64_t>(readTexts("1,10\n2,9\n3,10\n", requests, codes)[1]), (std::vector<int64_t>{10, 9, 10}));
  EXPECT_EQ(codes["y"], (std::vector<std::vector<std::string>>{{}}));
  EXPECT_EQ(values<int64_t>(readTexts("1,NA\n2,none\n3,NA\n", requests, codes)[1]), (std::vector<int64_t>{0, 1, 0}));
}

TEST(Csv, ImpliedCategories) {
  CategoryCodes codes;
  std::vector<std::vector<std::string>> known = {{"a", "b"}}, numbers = {{"7", "b"}};
  std::vector<CsvRequest> requests = {{"y", "1", DataType::I64, true, &known, /*implied=*/true}};
  EXPECT_EQ(values<int64_t>(readTexts("1,b\n2,0\n3,5\n", requests, codes)[0]), (std::vector<int64_t>{1, 0, 5}));
  EXPECT_EQ(codes["y"], known);
  codes.clear();
  EXPECT_EQ(values<int64_t>(readTexts("1,1\n2,0\n", requests, codes)[0]), (std::vector<int64_t>{1, 0}));
  EXPECT_TRUE(codes.empty());
  requests[0].known = &numbers;
  EXPECT_FAILURE(readTexts("1,b\n2,7\n3,1\n", requests, codes), "3:3: S1121 '1' is no category of input 'y'");
}

TEST(Csv, CategoriesThatCannotBe) {
  CategoryCodes codes;
  std::vector<CsvRequest> requests = {{"x", "0", DataType::F32}, {"y", "1", DataType::I8, true}};
  EXPECT_FAILURE(readTexts("1,a\n2,\n", requests, codes),
                 "2:3: S1109 an empty cell, needed as a category of input 'y'");
  EXPECT_FAILURE(readTexts("1,a\n2,\xE4\n", requests, codes), "2:3: S1109 a category that is not UTF-8");
  std::string many;
  for (int i = 0; i < 129; ++i)
    many += "1,c" + std::to_string(i) + "\n";
  EXPECT_FAILURE(readTexts(many, requests, codes), "has more categories for input 'y' than i8 holds");
}

TEST(Csv, WrongColumns) {
  EXPECT_FAILURE(column("1,2\n", "2"), "has 2 columns");
  EXPECT_FAILURE(column("1,2\n", "0:3"), "has 2 columns");
  EXPECT_FAILURE(column("1,2\n", "1:1"), "selects no column");
  EXPECT_FAILURE(column("1,2\n", "a"), "holds numbers, not names");
  EXPECT_FAILURE(column("age,bmi\n1,2\n", "aeg"), "[age]");
}

TEST(Csv, Bounded) {
  EXPECT_FAILURE(column(std::string(1 << 20, 'x'), "0"), "a field of more than 65536 bytes");
  EXPECT_FAILURE(column(std::string(1 << 21, ','), "0"), "a row of more than 1048576 columns");
}
