//===- ExpressionLexer.cpp - The tokens of an expression ------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Frontend/ExpressionLexer.h"

using namespace symc;

static bool isDigit(char c) { return c >= '0' && c <= '9'; }
static bool isLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

//===----------------------------------------------------------------------===//
// Tokens
//===----------------------------------------------------------------------===//

bool ExpressionLexer::lexNumber() {
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

bool ExpressionLexer::lexString(char quote) {
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

bool ExpressionLexer::advance() {
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
// What is wrong with a token
//===----------------------------------------------------------------------===//

bool ExpressionLexer::fail(std::string_view code, TextRange range, std::string message, std::string hint) {
  error.code = code;
  error.range = range;
  error.message = std::move(message);
  error.hint = std::move(hint);
  return false;
}

std::string_view ExpressionLexer::unsupportedHint() const {
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

bool ExpressionLexer::unexpected(std::string_view what) {
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

bool ExpressionLexer::unclosed(TextRange open) {
  std::string bracket = quoted(text.substr(open.begin, 1));
  if (token.kind != Tok::End)
    return unexpected(text[open.begin] == '(' ? "',' or ')'" : "',' or ']'");
  fail(code::ExprTruncated, token.range, "the expression ends and " + bracket + " is not closed");
  error.note = "this " + bracket;
  error.noteRange = open;
  return false;
}
