//===- Json.h - The strict JSON scanner of safetensors headers -----------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A header holds objects of known shape, strings and arrays of small integers: no
// recursion, no floating-point numbers. Strings are unescaped where they stand and
// end with NUL in place of their closing quote.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_RUNTIME_JSON_H
#define SYMC_RUNTIME_JSON_H

#include "runtime/Runtime.h"
#include <stdio.h>

namespace symc::rt {

class JsonScanner {
public:
  JsonScanner(char *text, size_t size, char *error) : begin(text), next(text), end(text + size), error(error) {}

  /// False with a message that says where, for the caller to hand on.
  bool fail(const char *what) {
    snprintf(error, errorSize, "byte %zu of the header: %s", static_cast<size_t>(next - begin), what);
    return false;
  }

  void skipSpace() {
    while (next < end && (*next == ' ' || *next == '\t' || *next == '\n' || *next == '\r'))
      ++next;
  }
  bool atEnd() {
    skipSpace();
    return next == end;
  }
  bool peek(char c) {
    skipSpace();
    return next < end && *next == c;
  }
  bool accept(char c) {
    if (!peek(c))
      return false;
    ++next;
    return true;
  }
  bool expect(char c) {
    if (accept(c))
      return true;
    char what[] = "'?' expected";
    what[1] = c;
    return fail(what);
  }

  bool string(const char **out) {
    if (!expect('"'))
      return false;
    char *write = next;
    *out = write;
    while (next < end && *next != '"') {
      if (static_cast<unsigned char>(*next) < 0x20)
        return fail("a control character in a string");
      if (*next == '\\') {
        if (!escape(&write))
          return false;
        continue;
      }
      size_t length = utf8Length(next, end - next);
      if (length == 0)
        return fail("not UTF-8");
      for (; length > 0; --length)
        *write++ = *next++;
    }
    if (next == end)
      return fail("an unterminated string");
    ++next;
    *write = 0;
    return true;
  }

  /// A non-negative integer below 2^63.
  bool integer(uint64_t *out) {
    skipSpace();
    if (next == end || *next < '0' || *next > '9')
      return fail("a non-negative integer expected");
    if (*next == '0' && next + 1 < end && next[1] >= '0' && next[1] <= '9')
      return fail("a leading zero");
    uint64_t value = 0;
    for (; next < end && *next >= '0' && *next <= '9'; ++next)
      if (__builtin_mul_overflow(value, uint64_t(10), &value) ||
          __builtin_add_overflow(value, static_cast<uint64_t>(*next - '0'), &value) || value > INT64_MAX)
        return fail("an integer too large");
    *out = value;
    return true;
  }

private:
  bool hex4(uint32_t *out) {
    uint32_t value = 0;
    if (end - next < 4)
      return fail("an incomplete escape");
    for (int i = 0; i < 4; ++i, ++next) {
      char c = *next;
      int digit = c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
      if (digit < 0)
        return fail("a wrong escape");
      value = value << 4 | static_cast<uint32_t>(digit);
    }
    *out = value;
    return true;
  }

  bool escape(char **write) {
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    ++next;
    if (next == end)
      return fail("an incomplete escape");
    char c = *next++;
    if (c != 'u') {
      const char *at = c ? strchr(from, c) : nullptr;
      if (!at)
        return fail("a wrong escape");
      *(*write)++ = to[at - from];
      return true;
    }
    uint32_t point, low;
    if (!hex4(&point))
      return false;
    if (point >= 0xd800 && point < 0xe000) {
      if (point >= 0xdc00 || end - next < 6 || next[0] != '\\' || next[1] != 'u')
        return fail("half of a surrogate pair");
      next += 2;
      if (!hex4(&low))
        return false;
      if (low < 0xdc00 || low >= 0xe000)
        return fail("half of a surrogate pair");
      point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
    }
    if (point == 0)
      return fail("NUL in a string");
    // Never longer than the escape was.
    if (point < 0x80) {
      *(*write)++ = static_cast<char>(point);
      return true;
    }
    int more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    static const unsigned char lead[] = {0, 0xc0, 0xe0, 0xf0};
    *(*write)++ = static_cast<char>(lead[more] | point >> (6 * more));
    for (int i = more - 1; i >= 0; --i)
      *(*write)++ = static_cast<char>(0x80 | (point >> (6 * i) & 0x3f));
    return true;
  }

  char *begin, *next, *end, *error;
};

} // namespace symc::rt

#endif // SYMC_RUNTIME_JSON_H
