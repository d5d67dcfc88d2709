//===- Suggest.h - The nearest right name for a misspelt one --------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Shared by the graph reader (names, keys, ops) and the command line (commands,
// options, inputs), so that both suggest by one rule. Needs the standard library only.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_SUPPORT_SUGGEST_H
#define SYMC_SUPPORT_SUGGEST_H

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace symc {

/// Insertions, deletions, substitutions and transpositions of neighbours that turn `a` into `b`, letter case aside.
/// Gives `limit + 1` as soon as the distance is known to be larger than `limit`.
inline size_t editDistance(std::string_view a, std::string_view b, size_t limit) {
  if (std::max(a.size(), b.size()) - std::min(a.size(), b.size()) > limit)
    return limit + 1;
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; };
  std::vector<size_t> beforeLast(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j)
    row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    beforeLast.swap(last);
    last.swap(row);
    row[0] = i;
    size_t least = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      bool same = lower(a[i - 1]) == lower(b[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + !same});
      if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]))
        row[j] = std::min(row[j], beforeLast[j - 2] + 1);
      least = std::min(least, row[j]);
    }
    if (least > limit + 1) // a transposition may still step over one row
      return limit + 1;
  }
  return std::min(row[b.size()], limit + 1);
}

/// Collects the nearest of many candidates: distance at most max(1, length/3); of equally near ones the first of the
/// same length as the word, then in alphabetical order.
class Suggestion {
public:
  explicit Suggestion(std::string_view word) : word(word), limit(std::max<size_t>(1, word.size() / 3)) {}

  void consider(std::string_view candidate) {
    if (candidate.empty() || candidate == word)
      return;
    size_t distance = editDistance(word, candidate, limit);
    if (distance > limit)
      return;
    bool better = nearest.empty() || distance < nearestDistance;
    if (!better && distance == nearestDistance) {
      bool equalLength = candidate.size() == word.size(), had = nearest.size() == word.size();
      better = equalLength != had ? equalLength : candidate < nearest;
    }
    if (better) {
      nearest = candidate;
      nearestDistance = distance;
    }
  }

  /// The nearest candidate so far; empty when none is near.
  const std::string &best() const { return nearest; }

private:
  std::string_view word;
  size_t limit;
  std::string nearest;
  size_t nearestDistance = 0;
};

template <typename Range> std::string suggest(std::string_view word, const Range &candidates) {
  Suggestion suggestion(word);
  for (const auto &candidate : candidates)
    suggestion.consider(candidate);
  return suggestion.best();
}

} // namespace symc

#endif // SYMC_SUPPORT_SUGGEST_H
