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

/// Finds the nearest of many candidates: insertions, deletions, substitutions and transpositions of neighbours, letter
/// case aside, at most max(1, length/3) of them; of equally near ones the first of the same length as the word, then in
/// alphabetical order. The work for one word is bounded: past that, which takes thousands of long names or a million of
/// short ones, there is none.
class Suggestion {
public:
  explicit Suggestion(std::string_view word)
      : word(word), given(word), limit(std::max<size_t>(1, word.size() / 3)), nearestDistance(limit) {
    for (char &c : this->word)
      c = lower(c);
    for (char c : this->word)
      ++letters[static_cast<unsigned char>(c)];
  }

  void consider(std::string_view candidate) {
    if (candidate.empty() || candidate == given || isTooMuch())
      return;
    // What is no nearer than the nearest so far is not told from what is far.
    size_t distance = distanceOf(candidate, nearestDistance);
    if (distance > nearestDistance)
      return;
    bool better = nearest.empty() || distance < nearestDistance;
    if (!better) {
      bool equalLength = candidate.size() == word.size(), had = nearest.size() == word.size();
      better = equalLength != had ? equalLength : candidate < nearest;
    }
    if (better) {
      nearest = candidate;
      nearestDistance = distance;
    }
  }

  /// The nearest candidate so far; empty when none is near.
  std::string best() const { return isTooMuch() ? std::string() : nearest; }

private:
  static constexpr size_t mostWork = size_t(1) << 24; // steps, of a nanosecond each

  static char lower(char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; }
  bool isTooMuch() const { return work > mostWork; }

  /// `most + 1` for what is further away than `most`.
  size_t distanceOf(std::string_view b, size_t most) {
    std::string_view a = word;
    if (std::max(a.size(), b.size()) - std::min(a.size(), b.size()) > most)
      return most + 1;
    // Every letter that has no counterpart is one step.
    size_t common = 0;
    for (char c : b)
      common += letters[static_cast<unsigned char>(lower(c))]-- > 0;
    for (char c : b)
      ++letters[static_cast<unsigned char>(lower(c))];
    work += b.size();
    if (std::max(a.size(), b.size()) - common > most)
      return most + 1;
    while (!a.empty() && !b.empty() && a.front() == lower(b.front()))
      a.remove_prefix(1), b.remove_prefix(1);
    while (!a.empty() && !b.empty() && a.back() == lower(b.back()))
      a.remove_suffix(1), b.remove_suffix(1);
    return editDistance(a, b, most);
  }

  /// Of `a`, in small letters, and `b`. What leads to `most` or less lies beside the diagonal.
  size_t editDistance(std::string_view a, std::string_view b, size_t most) {
    beforeLast.assign(b.size() + 1, most + 1);
    last.assign(b.size() + 1, most + 1);
    row.assign(b.size() + 1, most + 1);
    for (size_t j = 0; j <= std::min(b.size(), most); ++j)
      row[j] = j;
    for (size_t i = 1; i <= a.size(); ++i) {
      beforeLast.swap(last);
      last.swap(row);
      size_t first = i > most ? i - most : 0, end = std::min(b.size(), i + most);
      if (first == 0)
        row[0] = i;
      else
        row[first - 1] = most + 1; // left of the band
      size_t least = first == 0 ? i : most + 1;
      for (size_t j = std::max<size_t>(first, 1); j <= end; ++j) {
        char letter = lower(b[j - 1]);
        size_t above = j == i + most ? most + 1 : last[j]; // right of the band of the row above
        row[j] = std::min({above + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != letter)});
        if (i > 1 && j > 1 && a[i - 1] == lower(b[j - 2]) && a[i - 2] == letter)
          row[j] = std::min(row[j], beforeLast[j - 2] + 1);
        least = std::min(least, row[j]);
      }
      work += 4 * (end - std::min(first, end) + 1);
      if (least > most + 1 || isTooMuch()) // a transposition may still step over one row
        return most + 1;
    }
    return std::min(row[b.size()], most + 1);
  }

  std::string word; // in small letters
  std::string_view given;
  size_t limit;
  int letters[256] = {};
  std::vector<size_t> beforeLast, last, row;
  size_t work = 0;
  std::string nearest;
  size_t nearestDistance;
};

template <typename Range> std::string suggest(std::string_view word, const Range &candidates) {
  Suggestion suggestion(word);
  for (const auto &candidate : candidates)
    suggestion.consider(candidate);
  return suggestion.best();
}

} // namespace symc

#endif // SYMC_SUPPORT_SUGGEST_H
