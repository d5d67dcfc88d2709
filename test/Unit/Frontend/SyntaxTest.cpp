//===- SyntaxTest.cpp - JSON, expressions, types, names, diagnostics ------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Frontend/DependencyOrder.h"
#include "lib/Frontend/GraphReader.h"
#include "lib/Support/Json.h"
#include "lib/Support/Pattern.h"
#include "lib/Support/Render.h"
#include "gtest/gtest.h"
#include <nlohmann/json.hpp>
#include <random>

using namespace symc;

namespace {

std::string read(const std::string &text, bool *good = nullptr) {
  SourceText source("t.json", text);
  Diagnostics diagnostics;
  auto document = readJson(source, diagnostics);
  if (good)
    *good = document && !diagnostics.hasErrors();
  return renderJson(diagnostics);
}

/// The expression with all parentheses.
std::string shape(std::string_view text) {
  SyntaxError error;
  auto parsed = parseExpression(text, error);
  if (!parsed)
    return std::string(error.code) + " " + error.message;
  std::vector<std::string> out;
  for (const ExprNode &node : parsed->nodes) {
    std::string said;
    auto part = [&](unsigned i) { return out[parsed->partsOf(node)[i]]; };
    switch (node.kind) {
    case ExprKind::Unary:
      said = "(" + std::string(text.substr(node.token.begin, node.token.end - node.token.begin)) + " " + part(0) + ")";
      break;
    case ExprKind::Binary:
      said = "(" + part(0) + " " + std::string(text.substr(node.token.begin, node.token.end - node.token.begin)) + " " +
             part(1) + ")";
      break;
    case ExprKind::Transpose:
      said = part(0) + ".T";
      break;
    case ExprKind::Call:
    case ExprKind::List:
    case ExprKind::Index:
    case ExprKind::SliceRange:
      said = std::string(node.text) + (node.kind == ExprKind::Call ? "(" : "[");
      for (unsigned i = 0; i < node.partCount; ++i)
        said += (i ? "," : "") + part(i);
      said += node.kind == ExprKind::Call ? ")" : "]";
      break;
    default:
      said = std::string(text.substr(node.range.begin, node.range.end - node.range.begin));
    }
    out.push_back(said);
  }
  return out.back();
}

} // namespace

TEST(Json, AgreesWithNlohmannOnRandomTexts) {
  // Pieces of JSON in random order: both accept or both refuse. Ours also refuses duplicate keys and controls, which
  // the pieces avoid.
  const char *pieces[] = {"{",   "}",  "[",    "]",        ",",   ":", "\"a\"", "\"b\\u0041\"", "1",  "-0", "1.5e3",
                          "01",  "-",  "true", "null",     "nul", " ", "\n",    "\"\xC3\xA9\"", "\"", "{}", "[]",
                          "[1]", "1e", ".5",   "{\"k\":1}"};
  std::mt19937 random(7);
  size_t accepted = 0;
  for (int round = 0; round < 50000; ++round) {
    std::string text;
    for (unsigned i = random() % 7 + 1; i-- > 0;)
      text += pieces[random() % std::size(pieces)];
    bool good;
    read(text, &good);
    bool theirs = nlohmann::json::accept(text);
    bool duplicate = !good && theirs;
    if (duplicate)
      EXPECT_NE(read(text).find("duplicate key"), std::string::npos) << text;
    else
      EXPECT_EQ(good, theirs) << text;
    accepted += good;
  }
  EXPECT_GT(accepted, 1000u);
}

TEST(Json, RandomBytesNeverCrashAndSayWhy) {
  std::mt19937 random(11);
  for (int round = 0; round < 30000; ++round) {
    std::string text = "{\"a\": [";
    for (unsigned i = random() % 20; i-- > 0;)
      text += char(random());
    bool good;
    std::string said = read(text, &good);
    EXPECT_TRUE(good || !said.empty());
    for (size_t i = 0; i < said.size(); ++i) // valid UTF-8 and no control characters
      ASSERT_TRUE((said[i] & 0xC0) == 0x80 || utf8Length(said, i) > 0);
  }
}

TEST(Json, PlacesBehindEscapes) {
  std::string text = R"(["ab", "\u0041\n\ud83d\ude00x"])";
  SourceText source("t.json", text);
  Diagnostics diagnostics;
  auto document = readJson(source, diagnostics);
  ASSERT_TRUE(document);
  StringPlaces plain(text, document->root.items()[0]), escaped(text, document->root.items()[1]);
  EXPECT_EQ(plain.inText(1), 3u);
  EXPECT_EQ(escaped.inText(0), 8u);  // \u0041
  EXPECT_EQ(escaped.inText(1), 14u); // \n
  EXPECT_EQ(escaped.inText(2), 16u); // the pair: four bytes
  EXPECT_EQ(escaped.inText(6), 28u); // x
  EXPECT_EQ(text[28], 'x');
}

TEST(Json, PlacesOfTokens) {
  std::string text = " {\"a\" : [ 1,-2.5e3 ,true,\"s\\n\", null ] ,\n\"b\":{ } }  ";
  SourceText source("t.json", text);
  Diagnostics diagnostics;
  auto document = readJson(source, diagnostics);
  ASSERT_TRUE(document && diagnostics.all().size() == 1); // the line break
  auto at = [&](TextRange range) { return text.substr(range.begin, range.end - range.begin); };
  EXPECT_EQ(at(document->root.range), text.substr(1, text.size() - 3));
  auto members = document->root.members();
  ASSERT_EQ(members.size(), 2u);
  EXPECT_EQ(at(members[0].keyRange), "\"a\"");
  EXPECT_EQ(at(members[0].value.range), "[ 1,-2.5e3 ,true,\"s\\n\", null ]");
  std::vector<std::string> items;
  for (const JsonValue &item : members[0].value.items())
    items.push_back(at(item.range));
  EXPECT_EQ(items, (std::vector<std::string>{"1", "-2.5e3", "true", "\"s\\n\"", "null"}));
  EXPECT_EQ(at(members[1].value.range), "{ }");
  // A number at the very end is followed by nothing that the lexer could have taken.
  std::string number = " 12";
  SourceText end("n.json", number);
  document = readJson(end, diagnostics);
  ASSERT_TRUE(document);
  EXPECT_EQ(document->root.range.begin, 1u);
  EXPECT_EQ(document->root.range.end, 3u);
}

TEST(Json, OnOneLine) {
  Json value = {{"b", {1, 0.5, nullptr}}, {"a", Json::object()}, {"c", "x,\n\"\xff\x01\""}};
  EXPECT_EQ(jsonLine(value), "{\"b\": [1, 0.5, null], \"a\": {}, \"c\": \"x,\\n\\\"\xEF\xBF\xBD\\u0001\\\"\"}");
  EXPECT_EQ(jsonLine(Json::parse(jsonLine(value))),
            jsonLine(Json::parse(value.dump(2, ' ', false, Json::error_handler_t::replace))));
  EXPECT_EQ(jsonLine(Json{jsonNumber<Json>(20.0), jsonNumber<Json>(-0.0), jsonNumber<Json>(NAN),
                          jsonNumber<Json>(1e300), jsonNumber<Json>(2.15242f)}),
            "[20, -0.0, null, 1e+300, 2.1524200000000002]");
  EXPECT_EQ(jsonLine(F32Json{jsonNumber<F32Json>(2.15242f), jsonNumber<F32Json>(3.f)}), "[2.15242, 3]");
}

TEST(Json, LargeIntegersAndFloats) {
  std::string text = "[9223372036854775807, 9223372036854775808, -9223372036854775808, 1e-999, 0.1]";
  SourceText source("t.json", text);
  Diagnostics diagnostics;
  auto document = readJson(source, diagnostics);
  ASSERT_TRUE(document && !diagnostics.hasErrors());
  auto items = document->root.items();
  EXPECT_TRUE(items[0].isInteger());
  EXPECT_FALSE(items[1].isInteger());
  EXPECT_EQ(items[1].number(), 9223372036854775808.0);
  EXPECT_EQ(items[2].integer, INT64_MIN);
  EXPECT_EQ(items[3].number(), 0);
  EXPECT_EQ(items[4].number(), 0.1);
}

TEST(Expression, Precedence) {
  EXPECT_EQ(shape("a + b * c"), "(a + (b * c))");
  EXPECT_EQ(shape("a - b - c"), "((a - b) - c)");
  EXPECT_EQ(shape("-a ** 2"), "(- (a ** 2))");
  EXPECT_EQ(shape("2 ** -a ** b"), "(2 ** (- (a ** b)))");
  EXPECT_EQ(shape("a @ b.T + c"), "((a @ b.T) + c)");
  EXPECT_EQ(shape("not a == b and c or d"), "(((not (a == b)) and c) or d)");
  EXPECT_EQ(shape("a // b % c / d"), "(((a // b) % c) / d)");
  EXPECT_EQ(shape("a < b + 1"), "(a < (b + 1))");
  EXPECT_EQ(shape("f(a, [1, 2], k='x')[0, 1:2, ...]"), "[f(a,[1,2],'x'),0,[1,2,],...]");
  EXPECT_EQ(shape("`a/b` * 2"), "(`a/b` * 2)");
  EXPECT_EQ(shape("((a))"), "((a))");
}

TEST(Expression, RandomTextsNeverCrash) {
  const char *pieces[] = {"a",   "(",  ")",  "[",  "]",   ",",   ":",   "+", "**", "-", "not ", " and ", "1",
                          "1.5", ".T", "f(", "k=", "'s'", "`q`", "...", "<", "==", " ", "@",    "None",  "\xC3\xA9"};
  std::mt19937 random(3);
  for (int round = 0; round < 100000; ++round) {
    std::string text;
    for (unsigned i = random() % 12; i-- > 0;)
      text += pieces[random() % std::size(pieces)];
    SyntaxError error;
    auto parsed = parseExpression(text, error);
    ASSERT_TRUE(parsed || (!error.message.empty() && error.code.size() == 5)) << text;
    ASSERT_LE(error.range.begin, text.size());
    ASSERT_LE(error.range.end, text.size());
  }
}

TEST(Expression, LongAndDeep) {
  std::string sum = "a";
  for (int i = 0; i < 200000; ++i)
    sum += "+a";
  SyntaxError error;
  auto parsed = parseExpression(sum, error);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->nodes.size(), 400001u);
  std::string deep = std::string(999, '(') + "a" + std::string(999, ')');
  EXPECT_TRUE(parseExpression(deep, error));
  deep = std::string(100000, '(') + "a";
  EXPECT_FALSE(parseExpression(deep, error));
  EXPECT_EQ(error.code, code::ExprDepth);
}

TEST(Types, RoundTrip) {
  TypeText type;
  SyntaxError error;
  ASSERT_TRUE(parseTypeText(" f32 [ batch , 2 ]", type, error));
  EXPECT_EQ(type.dims.size(), 2u);
  EXPECT_EQ(type.dims[0].name, "batch");
  EXPECT_EQ(type.dims[1].size, 2);
  ASSERT_TRUE(parseTypeText("bool[]", type, error));
  EXPECT_TRUE(type.dims.empty());
  for (const char *wrong : {"", "f32", "f32[", "f32[]]", "f32[a b]", "f32[1,]", "f32[,]", "[2]", "f 32[2]"})
    EXPECT_FALSE(parseTypeText(wrong, type, error)) << wrong;
}

TEST(Names, Patterns) {
  EXPECT_TRUE(matchesPattern("conv1/kernel", "conv*"));
  EXPECT_TRUE(matchesPattern("conv1/kernel", "*/kernel"));
  EXPECT_TRUE(matchesPattern("W1", "W?"));
  EXPECT_FALSE(matchesPattern("W12", "W?"));
  EXPECT_FALSE(matchesPattern("aab", "*aa"));
  EXPECT_TRUE(matchesPattern(std::string(5000, 'a') + "b", "*a*a*a*a*b"));
}

TEST(Names, PatternsOfNodes) {
  EXPECT_TRUE(matchesNode("J", "J"));
  EXPECT_TRUE(matchesNode("J/sub", "J"));
  EXPECT_TRUE(matchesNode("block1/dense/matmul", "block?/dense"));
  EXPECT_TRUE(matchesNode("block1/dense", "block*"));
  EXPECT_FALSE(matchesNode("Js/sub", "J"));
  EXPECT_FALSE(matchesNode("a/J", "J"));
  EXPECT_FALSE(matchesNode("block1", "block1/*"));
}

TEST(Diagnostics, LimitAndOrder) {
  Diagnostics diagnostics;
  diagnostics.addSource("m.json", "one\ntwo\n");
  for (int i = 250; i-- > 0;) {
    Diagnostic d;
    d.code = "S0203";
    d.file = "m.json";
    d.line = 1 + i % 2;
    d.column = 1 + i;
    d.message = "m";
    diagnostics.report(d);
  }
  EXPECT_EQ(diagnostics.errorCount(), 250u);
  std::string json = renderJson(diagnostics);
  EXPECT_EQ(std::count(json.begin(), json.end(), '\n'), 101);
  EXPECT_NE(json.find("150 more are not shown"), std::string::npos);
  EXPECT_EQ(printable(std::string(100, 'x')), std::string(80, 'x') + "…");
  EXPECT_EQ(printable("a\x1b[31m\xff"), "a\\u001b[31m\\xff");
}

TEST(DependencyOrder, DeepChainsAndCycles) {
  std::vector<std::vector<uint32_t>> chain(300000);
  for (uint32_t i = 0; i + 1 < chain.size(); ++i)
    chain[i] = {i + 1};
  DependencyOrder order = orderByDependencies(chain);
  EXPECT_TRUE(order.cycles.empty());
  EXPECT_EQ(order.order.front(), chain.size() - 1);
  chain.back() = {5};
  order = orderByDependencies(chain);
  ASSERT_EQ(order.cycles.size(), 1u);
  EXPECT_EQ(order.cycles[0].front(), 5u);
  EXPECT_EQ(order.cycles[0].size(), chain.size() - 5);
}
