//===- Pattern.h - Patterns of names --------------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_SUPPORT_PATTERN_H
#define SYMC_SUPPORT_PATTERN_H

#include <string_view>

namespace symc {

/// Whether `name` matches a pattern of `*` (any characters) and `?` (one).
inline bool matchesPattern(std::string_view name, std::string_view pattern) {
  // The usual two-pointer match: on a mismatch the last '*' takes one character more.
  size_t n = 0, p = 0, star = std::string_view::npos, resume = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p, ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*')
    ++p;
  return p == pattern.size();
}

/// Whether a node's name, or that of a node that it is part of (`J` of `J/sub`, a call of what is in it), matches.
inline bool matchesNode(std::string_view name, std::string_view pattern) {
  for (size_t end = name.find('/'); end != std::string_view::npos; end = name.find('/', end + 1))
    if (matchesPattern(name.substr(0, end), pattern))
      return true;
  return matchesPattern(name, pattern);
}

} // namespace symc

#endif // SYMC_SUPPORT_PATTERN_H
