//===- Text.cpp - Foreign texts in messages --------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Support/Text.h"

#include <cstdio>

using namespace symc;

size_t symc::utf8Length(std::string_view text, size_t offset) {
  auto at = [&](size_t i) -> unsigned { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0; };
  auto tail = [&](size_t i) { return (at(i) & 0xC0) == 0x80; };
  unsigned first = at(offset);
  if (offset >= text.size())
    return 0;
  if (first < 0x80)
    return 1;
  if (first >= 0xC2 && first <= 0xDF)
    return tail(offset + 1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    unsigned second = at(offset + 1); // overlong forms and surrogates are no UTF-8
    if (!tail(offset + 1) || !tail(offset + 2) || (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F))
      return 0;
    return 3;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    unsigned second = at(offset + 1);
    if (!tail(offset + 1) || !tail(offset + 2) || !tail(offset + 3) || (first == 0xF0 && second < 0x90) ||
        (first == 0xF4 && second > 0x8F))
      return 0;
    return 4;
  }
  return 0;
}

static uint32_t codePoint(std::string_view text, size_t offset, size_t length) {
  auto at = [&](size_t i) -> uint32_t { return static_cast<unsigned char>(text[offset + i]); };
  switch (length) {
  case 1:
    return at(0);
  case 2:
    return (at(0) & 0x1F) << 6 | (at(1) & 0x3F);
  case 3:
    return (at(0) & 0x0F) << 12 | (at(1) & 0x3F) << 6 | (at(2) & 0x3F);
  default:
    return (at(0) & 0x07) << 18 | (at(1) & 0x3F) << 12 | (at(2) & 0x3F) << 6 | (at(3) & 0x3F);
  }
}

/// Characters that a terminal obeys instead of showing: controls, and those that change the direction of what follows.
static bool mustEscape(uint32_t point) {
  return point < 0x20 || (point >= 0x7F && point <= 0x9F) || point == 0xA0 || (point >= 0x2000 && point <= 0x200F) ||
         (point >= 0x2028 && point <= 0x202F) || point == 0x3000 || (point >= 0x2066 && point <= 0x2069) ||
         point == 0xFEFF;
}

/// Columns that a character takes on a terminal.
static unsigned columnsOf(uint32_t point) {
  if ((point >= 0x300 && point <= 0x36F) || (point >= 0x200B && point <= 0x200D) ||
      (point >= 0xFE00 && point <= 0xFE0F))
    return 0;
  if ((point >= 0x1100 && point <= 0x115F) || (point >= 0x2E80 && point <= 0xA4CF) ||
      (point >= 0xAC00 && point <= 0xD7A3) || (point >= 0xF900 && point <= 0xFAFF) ||
      (point >= 0xFE30 && point <= 0xFE6F) || (point >= 0xFF00 && point <= 0xFF60) ||
      (point >= 0x1F300 && point <= 0x1FAFF) || (point >= 0x20000 && point <= 0x3FFFD))
    return 2;
  return 1;
}

ShownCharacter symc::showCharacter(std::string_view text, size_t offset) {
  size_t length = utf8Length(text, offset);
  char buffer[16];
  if (length == 0) {
    std::snprintf(buffer, sizeof buffer, "\\x%02x", static_cast<unsigned char>(text[offset]));
    return {buffer, 1, 4};
  }
  uint32_t point = codePoint(text, offset, length);
  if (!mustEscape(point))
    return {std::string(text.substr(offset, length)), length, columnsOf(point)};
  if (point == '\n' || point == '\t' || point == '\r')
    return {point == '\n' ? "\\n" : point == '\t' ? "\\t" : "\\r", 1, 2};
  int written = std::snprintf(buffer, sizeof buffer, "\\u%04x", point);
  return {buffer, length, static_cast<unsigned>(written)};
}

std::string symc::printable(std::string_view text, size_t limit) {
  std::string out;
  size_t count = 0;
  for (size_t i = 0; i < text.size(); ++count) {
    if (count == limit) {
      out += "…";
      break;
    }
    ShownCharacter shown = showCharacter(text, i);
    out += shown.text;
    i += shown.bytes;
  }
  return out;
}

std::string symc::quoted(std::string_view text, size_t limit) { return "'" + printable(text, limit) + "'"; }
