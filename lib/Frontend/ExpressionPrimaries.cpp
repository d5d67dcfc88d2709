//===- ExpressionPrimaries.cpp - Names, numbers, calls, brackets ----------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Frontend/ExpressionGrammar.h"

#include <algorithm>
#include <charconv>
#include <limits>

using namespace symc;

bool symc::isExpressionKeyword(std::string_view word) {
  static constexpr std::string_view keywords[] = {"and", "or", "not", "if", "else", "is", "in", "lambda", "for"};
  return std::find(std::begin(keywords), std::end(keywords), word) != std::end(keywords);
}

/// `.x` for another x than T.
bool ExpressionParser::attribute(uint32_t node) {
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
  else if (owner.kind == ExprKind::Name) {
    size_t end = text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.", range.end);
    hint = "a name with '.' is written between backquotes: `" +
           std::string(text.substr(owner.range.begin, std::min(end, text.size()) - owner.range.begin)) + "`";
  }
  fail(code::ExprUnsupported, range, "a value has no attribute " + quoted(name) + ", only '.T'", std::move(hint));
  return false;
}

bool ExpressionParser::parsePostfix(uint32_t &node) {
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

bool ExpressionParser::parseNumber(uint32_t &node) {
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

bool ExpressionParser::parsePrimary(uint32_t &node) {
  switch (token.kind) {
  case Tok::Number:
    return parseNumber(node);
  case Tok::String:
    node = addLeaf(ExprKind::String);
    return advance();
  case Tok::QuotedName:
    return parseName(node);
  case Tok::Name:
    if (isExpressionKeyword(token.text))
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

bool ExpressionParser::parseName(uint32_t &node) {
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
bool ExpressionParser::parseComma(const char *close, TextRange open) {
  if (is(","))
    return advance();
  return is(close) || unclosed(open);
}

bool ExpressionParser::parseCall(uint32_t &node, Token name) {
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

bool ExpressionParser::parseList(uint32_t &node) {
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
bool ExpressionParser::parseSlice(uint32_t &node) {
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

bool ExpressionParser::parseIndex(uint32_t &node) {
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
