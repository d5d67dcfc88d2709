//===- ExpressionParser.cpp - Python's expressions, as far as graphs have them -===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Frontend/ExpressionParser.h"

#include <charconv>
#include <cmath>
#include <limits>

using namespace symc;

namespace {

enum class Tok : uint8_t { End, Number, Name, QuotedName, String, Punct };

struct Token {
  Tok kind = Tok::End;
  TextRange range;
  std::string_view text; // of a name or string without its quotes
};

/// Binding strengths; a larger one binds tighter.
enum Precedence { OrLevel = 1, AndLevel, NotLevel, ComparisonLevel, SumLevel, ProductLevel };

struct BinaryOp {
  std::string_view text;
  ExprOp op;
  Precedence level;
};

constexpr BinaryOp binaryOps[] = {
    {"or", ExprOp::Or, OrLevel},
    {"and", ExprOp::And, AndLevel},
    {"==", ExprOp::Eq, ComparisonLevel},
    {"!=", ExprOp::Ne, ComparisonLevel},
    {"<", ExprOp::Lt, ComparisonLevel},
    {"<=", ExprOp::Le, ComparisonLevel},
    {">", ExprOp::Gt, ComparisonLevel},
    {">=", ExprOp::Ge, ComparisonLevel},
    {"+", ExprOp::Add, SumLevel},
    {"-", ExprOp::Sub, SumLevel},
    {"*", ExprOp::Mul, ProductLevel},
    {"/", ExprOp::Div, ProductLevel},
    {"//", ExprOp::FloorDiv, ProductLevel},
    {"%", ExprOp::Mod, ProductLevel},
    {"@", ExprOp::MatMul, ProductLevel},
};

/// Words that stand for themselves wherever they stand.
constexpr std::string_view keywords[] = {"and", "or", "not", "if", "else", "is", "in", "lambda", "for"};

bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

class Parser {
public:
  Parser(std::string_view text, SyntaxError &error) : text(text), error(error) {}

  bool parse() {
    if (!advance())
      return false;
    if (token.kind == Tok::End)
      return fail(code::ExprTruncated, token.range, "the expression is empty");
    uint32_t root;
    if (!parseBinary(OrLevel, root))
      return false;
    return token.kind == Tok::End || unexpected("an operator or the end");
  }

  Expression expression;

private:
  [[gnu::noinline]] bool fail(std::string_view code, TextRange range, std::string message, std::string hint = "");
  [[gnu::noinline]] bool unexpected(std::string_view what);
  [[gnu::noinline]] bool unclosed(TextRange open);
  bool parseComma(const char *close, TextRange open);
  [[gnu::noinline]] bool chained(std::string_view op, uint32_t first);
  [[gnu::noinline]] std::string_view unsupportedHint() const;
  [[gnu::noinline]] bool attribute(uint32_t node);

  bool advance();
  bool lexNumber();
  bool lexString(char quote);
  bool is(std::string_view punct) const { return token.kind == Tok::Punct && token.text == punct; }
  bool isKeyword(std::string_view word) const { return token.kind == Tok::Name && token.text == word; }
  const BinaryOp *binaryOp() const;

  bool deeper();
  bool parseBinary(int level, uint32_t &node);
  bool parseUnary(uint32_t &node);
  bool parsePostfix(uint32_t &node);
  bool parsePrimary(uint32_t &node);
  bool parseName(uint32_t &node);
  bool parseCall(uint32_t &node, Token name);
  bool parseIndex(uint32_t &node);
  bool parseSlice(uint32_t &node);
  bool parseList(uint32_t &node);

  uint32_t add(ExprNode node, Slice<uint32_t> parts);
  uint32_t addLeaf(ExprKind kind) {
    ExprNode node{kind};
    node.range = node.token = token.range;
    node.text = token.text;
    return add(node, {});
  }
  const ExprNode &at(uint32_t node) const { return expression.nodes[node]; }

  std::string_view text;
  SyntaxError &error;
  Token token;
  uint32_t offset = 0;
  uint32_t lastEnd = 0; // of the token before `token`
  unsigned depth = 0;
};

} // namespace

bool Parser::fail(std::string_view code, TextRange range, std::string message, std::string hint) {
  error.code = code;
  error.range = range;
  error.message = std::move(message);
  error.hint = std::move(hint);
  return false;
}

std::string_view Parser::unsupportedHint() const {
  static constexpr std::pair<std::string_view, std::string_view> hints[] = {
      {"&", "write 'and' for bool, bit_and(a, b) for integers"},
      {"&&", "write 'and'"},
      {"|", "write 'or' for bool, bit_or(a, b) for integers"},
      {"||", "write 'or'"},
      {"~", "write 'not' for bool, bit_not(a) for integers"},
      {"!", "write 'not'"},
      {"^", "a power is written '**'; bit_xor(a, b) is the operation on integers"},
      {"<<", "write shift_left(a, b)"},
      {">>", "write shift_right(a, b)"},
      {"<>", "write '!='"},
      {"=", "a comparison is written '=='; the node's name stands under 'name'"},
      {":=", "an expression assigns nothing; make it a node of its own"},
      {"if", "write where(condition, a, b)"},
      {"else", "write where(condition, a, b)"},
      {"is", "write '=='"},
      {"in", "compare with '==' and reduce with any(…)"},
      {"lambda", "functions are declared under the key 'functions'"},
      {"for", "expressions have no loops; operations work on whole tensors"},
      {"{", "lists are written between '[' and ']'"},
      {"->", "functions are declared under the key 'functions'"},
      {"#", "expressions have no comments; 'doc' takes free text"},
      {"?", "write where(condition, a, b)"},
      {";", "an expression is one value"},
      {"\xE2\x88\x92", "the minus sign is the ASCII character '-'"},
      {"\xC3\x97", "a product is written '*'"},
      {"\xC2\xB7", "a product is written '*'"},
      {"\xC2\xB2", "a square is written '**2'"},
  };
  for (auto [word, hint] : hints)
    if (token.text == word)
      return hint;
  return {};
}

/// Something else than `what` stands at the current token.
bool Parser::unexpected(std::string_view what) {
  if (token.kind == Tok::End)
    return fail(code::ExprTruncated, token.range, "the expression ends where " + std::string(what) + " is expected");
  std::string found(text.substr(token.range.begin, token.range.end - token.range.begin));
  if (found == "\xC2\xA0")
    return fail(code::ExprSyntax, token.range, "expected " + std::string(what) + ", found a no-break space",
                "white space is ASCII");
  if (token.kind == Tok::Punct || token.kind == Tok::Name)
    if (std::string_view hint = unsupportedHint(); !hint.empty())
      return fail(code::ExprUnsupported, token.range, "expressions do not have " + quoted(found), std::string(hint));
  return fail(code::ExprSyntax, token.range, "expected " + std::string(what) + ", found " + quoted(found));
}

bool Parser::unclosed(TextRange open) {
  std::string bracket = quoted(text.substr(open.begin, 1));
  if (token.kind != Tok::End)
    return unexpected(text[open.begin] == '(' ? "',' or ')'" : "',' or ']'");
  fail(code::ExprTruncated, token.range, "the expression ends and " + bracket + " is not closed");
  error.note = "this " + bracket;
  error.noteRange = open;
  return false;
}

/// `a < b < c`: Python means `a < b and b < c`, which is what to write.
bool Parser::chained(std::string_view op, uint32_t first) {
  const ExprNode &left = at(first);
  auto source = [&](const ExprNode &node) {
    return printable(text.substr(node.range.begin, node.range.end - node.range.begin), 20);
  };
  const ExprNode &middle = at(expression.partsOf(left)[1]);
  std::string comparison(text.substr(left.token.begin, left.token.end - left.token.begin));
  return fail(code::ExprUnsupported, token.range, "expressions do not have chained comparisons",
              "write '" + source(at(expression.partsOf(left)[0])) + " " + comparison + " " + source(middle) + " and " +
                  source(middle) + " " + std::string(op) + " …'");
}

uint32_t Parser::add(ExprNode node, Slice<uint32_t> parts) {
  uint32_t index = uint32_t(expression.nodes.size());
  node.firstPart = uint32_t(expression.parts.size());
  node.partCount = uint32_t(parts.size());
  node.firstNode = parts.empty() ? index : at(parts[0]).firstNode;
  expression.parts.insert(expression.parts.end(), parts.begin(), parts.end());
  expression.nodes.push_back(node);
  return index;
}

//===----------------------------------------------------------------------===//
// Tokens
//===----------------------------------------------------------------------===//

bool Parser::lexNumber() {
  size_t begin = offset;
  auto digits = [&] {
    size_t from = offset;
    while (offset < text.size() && isDigit(text[offset]))
      ++offset;
    return offset - from;
  };
  auto bad = [&](std::string hint) {
    while (offset < text.size() && (isDigit(text[offset]) || isLetter(text[offset]) || text[offset] == '.'))
      ++offset;
    TextRange range{uint32_t(begin), uint32_t(offset)};
    return fail(code::ExprNumber, range, quoted(text.substr(begin, offset - begin)) + " is not a number",
                std::move(hint));
  };
  size_t whole = digits(), fraction = 0;
  if (offset < text.size() && text[offset] == '.') {
    ++offset;
    fraction = digits();
  }
  if (whole + fraction == 0)
    return bad("");
  if (offset < text.size() && (text[offset] == 'e' || text[offset] == 'E')) {
    ++offset;
    if (offset < text.size() && (text[offset] == '+' || text[offset] == '-'))
      ++offset;
    if (digits() == 0)
      return bad("write a digit after the exponent's letter");
  }
  if (offset < text.size() && (isLetter(text[offset]) || text[offset] == '.')) {
    char c = text[offset];
    return bad(c == 'x' || c == 'X' || c == 'b' || c == 'o' ? "numbers are decimal"
               : c == '_'                                   ? "write the digits without '_'"
               : isLetter(c)                                ? "a product is written '*'"
                                                            : "");
  }
  if (whole > 1 && text[begin] == '0' && fraction == 0 && offset == begin + whole)
    return bad("a number has no leading zeros");
  token = {Tok::Number, {uint32_t(begin), offset}, text.substr(begin, offset - begin)};
  return true;
}

bool Parser::lexString(char quote) {
  uint32_t begin = offset++;
  while (offset < text.size() && text[offset] != quote && text[offset] != '\\')
    ++offset;
  if (offset >= text.size())
    return fail(code::ExprTruncated, {begin, offset}, "the string is not closed");
  if (text[offset] == '\\')
    return fail(code::ExprSyntax, {offset, offset + 1}, "a string of an expression has no escapes");
  ++offset;
  token = {Tok::String, {begin, offset}, text.substr(begin + 1, offset - begin - 2)};
  return true;
}

bool Parser::advance() {
  lastEnd = token.range.end;
  while (offset < text.size() && (text[offset] == ' ' || (text[offset] >= '\t' && text[offset] <= '\r')))
    ++offset;
  uint32_t begin = offset;
  if (offset >= text.size()) {
    token = {Tok::End, {begin, begin}, {}};
    return true;
  }
  char c = text[offset], next = offset + 1 < text.size() ? text[offset + 1] : '\0';
  if (isDigit(c) || (c == '.' && isDigit(next)))
    return lexNumber();
  if (c == '\'' || c == '"')
    return lexString(c);
  if (isLetter(c)) {
    while (offset < text.size() && (isLetter(text[offset]) || isDigit(text[offset])))
      ++offset;
    token = {Tok::Name, {begin, offset}, text.substr(begin, offset - begin)};
    return true;
  }
  if (c == '`') {
    size_t end = text.find('`', offset + 1);
    if (end == std::string_view::npos)
      return fail(code::ExprTruncated, {begin, begin + 1}, "the name between backquotes is not closed");
    offset = uint32_t(end + 1);
    token = {Tok::QuotedName, {begin, offset}, text.substr(begin + 1, end - begin - 1)};
    if (token.text.empty())
      return fail(code::ExprSyntax, token.range, "there is no name between the backquotes");
    return true;
  }
  size_t length = std::max<size_t>(1, utf8Length(text, offset));
  if (text.substr(offset, 3) == "...")
    length = 3;
  else
    for (std::string_view two : {"**", "//", "==", "!=", "<=", ">=", "<<", ">>", "<>", ":=", "->", "&&", "||"})
      if (text.substr(offset, 2) == two)
        length = 2;
  offset += uint32_t(length);
  token = {Tok::Punct, {begin, offset}, text.substr(begin, length)};
  return true;
}

//===----------------------------------------------------------------------===//
// Operators
//===----------------------------------------------------------------------===//

const BinaryOp *Parser::binaryOp() const {
  if (token.kind != Tok::Punct && token.kind != Tok::Name)
    return nullptr;
  for (const BinaryOp &op : binaryOps)
    if (token.text == op.text)
      return &op;
  return nullptr;
}

bool Parser::deeper() {
  if (++depth <= expressionDepthLimit)
    return true;
  return fail(code::ExprDepth, token.range,
              "the expression nests deeper than " + std::to_string(expressionDepthLimit) + " levels",
              "split it into several nodes");
}

bool Parser::parseBinary(int level, uint32_t &node) {
  if (isKeyword("not")) {
    if (level > NotLevel)
      return fail(code::ExprSyntax, token.range, "'not' binds weaker than the operator before it",
                  "put 'not …' between parentheses");
    ExprNode negation{ExprKind::Unary, ExprOp::Not};
    negation.token = token.range;
    if (!deeper() || !advance() || !parseBinary(NotLevel, node))
      return false;
    --depth;
    negation.range = {negation.token.begin, at(node).range.end};
    node = add(negation, {&node, 1});
  } else if (!parseUnary(node)) {
    return false;
  }
  bool compared = false;
  while (const BinaryOp *op = binaryOp()) {
    if (op->level < level)
      return true;
    if (op->level == ComparisonLevel && compared)
      return chained(op->text, node);
    ExprNode binary{ExprKind::Binary, op->op};
    binary.token = token.range;
    uint32_t parts[2] = {node, 0};
    if (!advance() || !parseBinary(op->level + 1, parts[1]))
      return false;
    compared = op->level == ComparisonLevel;
    binary.range = {at(parts[0]).range.begin, at(parts[1]).range.end};
    node = add(binary, {parts, 2});
  }
  return true;
}

bool Parser::parseUnary(uint32_t &node) {
  if (is("+"))
    return fail(code::ExprUnsupported, token.range, "expressions do not have a unary '+'", "remove the '+'");
  if (is("-")) {
    ExprNode minus{ExprKind::Unary, ExprOp::Neg};
    minus.token = token.range;
    if (!deeper() || !advance() || !parseUnary(node))
      return false;
    --depth;
    minus.range = {minus.token.begin, at(node).range.end};
    node = add(minus, {&node, 1});
    return true;
  }
  if (!parsePostfix(node))
    return false;
  if (!is("**"))
    return true;
  ExprNode power{ExprKind::Binary, ExprOp::Pow};
  power.token = token.range;
  uint32_t parts[2] = {node, 0};
  if (!deeper() || !advance() || !parseUnary(parts[1]))
    return false;
  --depth;
  power.range = {at(parts[0]).range.begin, at(parts[1]).range.end};
  node = add(power, {parts, 2});
  return true;
}

/// `.x` for another x than T.
bool Parser::attribute(uint32_t node) {
  std::string name(token.text), hint;
  TextRange range = token.range;
  const ExprNode &owner = at(node);
  bool module = owner.kind == ExprKind::Name && (owner.text == "np" || owner.text == "numpy" || owner.text == "tf" ||
                                                 owner.text == "jnp" || owner.text == "torch" || owner.text == "math");
  if (token.kind != Tok::Name)
    return unexpected("'T'");
  Token after = token;
  if (!advance())
    return false;
  bool call = is("(");
  token = after;
  if (module)
    hint = "operations are written without a module: " + name + "(…)";
  else if (name == "shape" || name == "size")
    hint = "a size is written as the types of the inputs write it: by the name of its dimension, or as a number";
  else if (call)
    hint = "write " + name + "(" + printable(text.substr(owner.range.begin, owner.range.end - owner.range.begin), 20) +
           ")";
  else if (owner.kind == ExprKind::Name)
    hint = "a name with '.' is written between backquotes: `" + std::string(owner.text) + "." + name + "`";
  fail(code::ExprUnsupported, range, "a value has no attribute " + quoted(name) + ", only '.T'", std::move(hint));
  return false;
}

bool Parser::parsePostfix(uint32_t &node) {
  if (!parsePrimary(node))
    return false;
  while (true) {
    if (is("[")) {
      if (!parseIndex(node))
        return false;
    } else if (is(".")) {
      ExprNode transpose{ExprKind::Transpose};
      transpose.token = token.range;
      if (!advance())
        return false;
      if (!isKeyword("T"))
        return attribute(node);
      transpose.token.end = token.range.end;
      transpose.range = {at(node).range.begin, token.range.end};
      if (!advance())
        return false;
      node = add(transpose, {&node, 1});
    } else if (is("(")) {
      return fail(code::ExprCall, token.range, "only a name can be called",
                  at(node).kind == ExprKind::Call ? "" : "a product is written '*'");
    } else {
      return true;
    }
  }
}

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

bool Parser::parsePrimary(uint32_t &node) {
  switch (token.kind) {
  case Tok::Number: {
    bool real = token.text.find_first_of(".eE") != std::string_view::npos;
    node = addLeaf(real ? ExprKind::Real : ExprKind::Integer);
    ExprNode &number = expression.nodes[node];
    const char *from = number.text.data(), *to = from + number.text.size();
    if (!real && std::from_chars(from, to, number.integer).ec != std::errc()) {
      number.kind = ExprKind::Real; // an integer beyond 64 bits is a number for floating operands only
      real = true;
    }
    if (real && std::from_chars(from, to, number.real).ec == std::errc::result_out_of_range) {
      // Too small is 0. `from_chars` does not say which; a negative exponent or a leading zero does.
      bool small = number.text.find('-') != std::string_view::npos || number.text[0] == '0' || number.text[0] == '.';
      if (!small)
        return fail(code::ExprNumber, token.range, quoted(token.text) + " is too large for a 64-bit float");
      number.real = 0;
    }
    if (!real)
      number.real = double(number.integer);
    return advance();
  }
  case Tok::String:
    node = addLeaf(ExprKind::String);
    return advance();
  case Tok::QuotedName:
    return parseName(node);
  case Tok::Name:
    for (std::string_view word : keywords)
      if (token.text == word)
        return unexpected("a value");
    return parseName(node);
  case Tok::Punct:
    break;
  case Tok::End:
    return unexpected("a value");
  }
  if (is("[")) {
    return parseList(node);
  }
  if (!is("("))
    return unexpected("a value");
  TextRange open = token.range;
  if (!deeper() || !advance())
    return false;
  if (is(")"))
    return fail(code::ExprSyntax, {open.begin, token.range.end}, "there is nothing between the parentheses");
  if (!parseBinary(OrLevel, node))
    return false;
  if (is(","))
    return fail(code::ExprUnsupported, token.range, "expressions do not have tuples",
                "lists are written between '[' and ']'");
  if (!is(")"))
    return unclosed(open);
  --depth;
  expression.nodes[node].range = {open.begin, token.range.end};
  return advance();
}

bool Parser::parseName(uint32_t &node) {
  Token name = token;
  if (!advance())
    return false;
  if (is("("))
    return parseCall(node, name);
  ExprNode leaf{ExprKind::Name};
  leaf.range = leaf.token = name.range;
  leaf.text = name.text;
  leaf.quotedName = name.kind == Tok::QuotedName;
  if (!leaf.quotedName) {
    std::string_view word = name.text;
    if (word == "True" || word == "true" || word == "False" || word == "false") {
      leaf.kind = ExprKind::Bool;
      leaf.integer = word[0] == 'T' || word[0] == 't';
    } else if (word == "None") {
      leaf.kind = ExprKind::None;
    } else if (word == "inf" || word == "nan" || word == "pi") {
      leaf.kind = ExprKind::Real;
      leaf.real = word == "inf"   ? std::numeric_limits<double>::infinity()
                  : word == "nan" ? std::numeric_limits<double>::quiet_NaN()
                                  : 3.14159265358979323846;
    }
  }
  node = add(leaf, {});
  return true;
}

/// After an item of a list: a comma, which is passed, or `close`, which is left.
bool Parser::parseComma(const char *close, TextRange open) {
  if (is(","))
    return advance();
  return is(close) || unclosed(open);
}

bool Parser::parseCall(uint32_t &node, Token name) {
  ExprNode call{ExprKind::Call};
  call.token = name.range;
  call.text = name.text;
  call.quotedName = name.kind == Tok::QuotedName;
  TextRange open = token.range;
  std::vector<uint32_t> parts;
  std::vector<ExprKeyword> named;
  uint32_t first = uint32_t(expression.nodes.size());
  if (!deeper() || !advance())
    return false;
  while (!is(")")) {
    uint32_t argument;
    bool isName = token.kind == Tok::Name;
    Token word = token;
    uint32_t resume = offset;
    bool keyword = false;
    if (isName) { // one token of look-ahead tells `axis=1` from an expression
      if (!advance())
        return false;
      keyword = is("=");
      if (!keyword) {
        token = word;
        offset = resume;
      }
    }
    if (keyword) {
      for (const ExprKeyword &other : named)
        if (other.name == word.text) {
          fail(code::ExprCall, word.range, "the argument " + quoted(word.text) + " is given twice");
          error.note = "first given here";
          error.noteRange = other.range;
          return false;
        }
      named.push_back({word.text, word.range});
      if (!advance())
        return false;
    } else if (!named.empty()) {
      return fail(code::ExprCall, token.range, "an argument without a name follows one with a name",
                  "put the arguments without names first");
    }
    if (!parseBinary(OrLevel, argument))
      return false;
    parts.push_back(argument);
    if (!parseComma(")", open))
      return false;
  }
  --depth;
  call.range = {name.range.begin, token.range.end};
  call.firstKeyword = uint32_t(expression.keywords.size());
  call.keywordCount = uint32_t(named.size());
  expression.keywords.insert(expression.keywords.end(), named.begin(), named.end());
  node = add(call, {parts.data(), parts.size()});
  expression.nodes[node].firstNode = first;
  return advance();
}

bool Parser::parseList(uint32_t &node) {
  ExprNode list{ExprKind::List};
  TextRange open = list.token = token.range;
  std::vector<uint32_t> parts;
  if (!deeper() || !advance())
    return false;
  while (!is("]")) {
    uint32_t item;
    if (!parseBinary(OrLevel, item))
      return false;
    parts.push_back(item);
    if (!parseComma("]", open))
      return false;
  }
  --depth;
  list.range = {open.begin, token.range.end};
  node = add(list, {parts.data(), parts.size()});
  return advance();
}

/// One entry of an index: an expression, `...` or `start:stop:step`.
bool Parser::parseSlice(uint32_t &node) {
  if (is("...")) {
    node = addLeaf(ExprKind::Ellipsis);
    return advance();
  }
  uint32_t parts[3];
  unsigned count = 0;
  ExprNode range{ExprKind::SliceRange};
  range.token = range.range = token.range;
  auto nothing = [&] {
    ExprNode none{ExprKind::None};
    none.range = none.token = {token.range.begin, token.range.begin};
    return add(none, {});
  };
  while (true) {
    if (is(":") || is(",") || is("]"))
      parts[count++] = nothing();
    else if (!parseBinary(OrLevel, parts[count++]))
      return false;
    if (!is(":") || count == 3)
      break;
    if (count == 1)
      range.token = token.range;
    if (!advance())
      return false;
  }
  if (count == 1) {
    node = parts[0];
    return true;
  }
  if (count == 2)
    parts[count++] = nothing();
  range.range = {std::min(range.range.begin, at(parts[0]).range.begin), lastEnd};
  node = add(range, {parts, 3});
  return true;
}

bool Parser::parseIndex(uint32_t &node) {
  ExprNode index{ExprKind::Index};
  TextRange open = index.token = token.range;
  std::vector<uint32_t> parts{node};
  if (!deeper() || !advance())
    return false;
  if (is("]"))
    return fail(code::ExprSyntax, {open.begin, token.range.end}, "there is no index between the brackets");
  while (!is("]")) {
    if (is(","))
      return unexpected("an index");
    uint32_t entry;
    if (!parseSlice(entry))
      return false;
    parts.push_back(entry);
    if (!parseComma("]", open))
      return false;
  }
  --depth;
  index.range = {at(node).range.begin, token.range.end};
  node = add(index, {parts.data(), parts.size()});
  return advance();
}

std::optional<Expression> symc::parseExpression(std::string_view text, SyntaxError &error) {
  Parser parser(text, error);
  if (!parser.parse())
    return std::nullopt;
  return std::move(parser.expression);
}
