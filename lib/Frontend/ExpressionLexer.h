//===- ExpressionLexer.h - The tokens of an expression ----------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_FRONTEND_EXPRESSIONLEXER_H
#define SYMC_FRONTEND_EXPRESSIONLEXER_H

#include "lib/Frontend/ExpressionParser.h"

namespace symc {

/// Goes through the tokens, and says what is wrong with the one at which it stands.
class ExpressionLexer {
protected:
  enum class Tok : uint8_t { End, Number, Name, QuotedName, String, Punct };

  struct Token {
    Tok kind = Tok::End;
    TextRange range;
    std::string_view text; // of a name or string without its quotes
  };

  ExpressionLexer(std::string_view text, SyntaxError &error) : text(text), error(error) {}

  bool advance();
  bool is(std::string_view punct) const { return token.kind == Tok::Punct && token.text == punct; }
  bool isKeyword(std::string_view word) const { return token.kind == Tok::Name && token.text == word; }

  // What calls itself for each bracket has a small frame.
  [[gnu::noinline]] bool fail(std::string_view code, TextRange range, std::string message, std::string hint = "");
  /// Something else than `what` stands at the current token.
  [[gnu::noinline]] bool unexpected(std::string_view what);
  [[gnu::noinline]] bool unclosed(TextRange open);

  std::string_view text;
  SyntaxError &error;
  Token token;
  uint32_t offset = 0;
  uint32_t lastEnd = 0; // of the token before `token`

private:
  bool lexNumber();
  bool lexString(char quote);
  [[gnu::noinline]] std::string_view unsupportedHint() const;
};

} // namespace symc

#endif // SYMC_FRONTEND_EXPRESSIONLEXER_H
