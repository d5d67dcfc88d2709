//===- DataTypeTest.cpp - Conversions of elements -------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/DataType.h"
#include "Fixtures.h"
#include "lib/Host/Csv.h"
#include "lib/Host/ElementVisitor.h"
#include "lib/Host/NestedLists.h"

#include <cstring>
#include <limits>

using namespace symc;
using namespace symc::host;

/// Every row of the table of element types has code: it is read, converted and printed.
TEST(DataType, EveryElementType) {
  for (size_t i = 0; i < kElementTypeCount; ++i) {
    auto type = static_cast<DataType>(i);
    SCOPED_TRACE(name(type));
    EXPECT_EQ(visitElement(type, [](auto element) { return sizeof element; }), byteSize(type));
    EXPECT_EQ(visitElement(type, [](auto element) { return std::is_floating_point_v<Value<decltype(element)>>; }),
              isFloat(type));

    std::string text = "0\n1\n";
    std::vector<Tensor> tensors = readCsv(openMemory("d.csv", text.data(), text.size()), {{"x", "0", type}});
    ASSERT_EQ(tensors[0].data.size(), 2 * byteSize(type));
    double wide[2] = {-1, -1};
    EXPECT_FALSE(convert(tensors[0].data.data(), type, wide, DataType::F64, 2));
    EXPECT_EQ(wide[0], 0);
    EXPECT_EQ(wide[1], 1);
    Buffer back;
    back.resize(2 * byteSize(type));
    EXPECT_FALSE(convert(wide, DataType::F64, back.data(), type, 2));
    EXPECT_EQ(memcmp(back.data(), tensors[0].data.data(), back.size()), 0);
    int64_t notFinite = 0;
    EXPECT_EQ(nestedLists({"x"}, tensors, notFinite),
              type == DataType::Bool ? "{\"x\": [false, true]}" : "{\"x\": [0, 1]}");
  }
}

/// What a cast of data refuses, and what it does not.
TEST(DataType, Casts) {
  struct Case {
    double value;
    DataType type;
    bool isHeld;
  };
  double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  for (const Case &c : {Case{1e300, DataType::F32, false},
                        {1e300, DataType::F64, true},
                        {0.1, DataType::F32, true},
                        {1e-300, DataType::F32, true},
                        {inf, DataType::F32, true},
                        {nan, DataType::F16, true},
                        {65504, DataType::F16, true},
                        {65536, DataType::F16, false},
                        {1e39, DataType::BF16, false},
                        {0.5, DataType::I32, false},
                        {-0.0, DataType::U8, true},
                        {-1, DataType::U8, false},
                        {nan, DataType::I64, false},
                        {255, DataType::U8, true},
                        {256, DataType::U8, false},
                        {nan, DataType::Bool, false},
                        {1, DataType::Bool, true},
                        {2, DataType::Bool, false}}) {
    SCOPED_TRACE(std::to_string(c.value) + " as " + name(c.type));
    EXPECT_EQ(!findUncastable(&c.value, DataType::F64, c.type, 1), c.isHeld);
  }
  const int64_t counts[] = {1, 70000};
  auto failure = findUncastable(counts, DataType::I64, DataType::F16, 2);
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->index, 1);
  EXPECT_EQ(failure->value, "70000");
}

/// Bytes that become a batch are what converting and scaling them at once would give.
TEST(DataType, BytesExpand) {
  const uint8_t bytes[] = {0, 1, 37, 255};
  for (DataType type : {DataType::F16, DataType::BF16, DataType::F32, DataType::F64, DataType::I16, DataType::U64}) {
    SCOPED_TRACE(name(type));
    char converted[32] = {}, expanded[32] = {};
    double scale = isFloat(type) ? 1 / 255.0 : 1;
    EXPECT_FALSE(convert(bytes, DataType::U8, converted, type, 4));
    scaleInPlace(converted, type, 4, scale);
    expandBytes(bytes, expanded, type, 4, scale);
    EXPECT_EQ(memcmp(converted, expanded, sizeof expanded), 0);
  }
}
