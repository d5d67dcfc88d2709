//===- Diagnostics.cpp - Collects located errors --------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Support/Diagnostics.h"

#include <algorithm>
#include <cstring>
#include <tuple>

using namespace symc;

//===----------------------------------------------------------------------===//
// SourceText
//===----------------------------------------------------------------------===//

void SourceText::findLines() const {
  if (!lineStarts.empty())
    return;
  lineStarts.push_back(0);
  const char *begin = contents.data(), *end = begin + contents.size();
  for (const char *at = begin; at != end;) {
    at = static_cast<const char *>(std::memchr(at, '\n', end - at));
    if (!at)
      break;
    lineStarts.push_back(++at - begin);
  }
}

SourceText::Place SourceText::place(size_t offset) const {
  findLines();
  size_t line = std::upper_bound(lineStarts.begin(), lineStarts.end(), offset) - lineStarts.begin();
  return {static_cast<uint32_t>(line), static_cast<uint32_t>(offset - lineStarts[line - 1] + 1)};
}

std::string_view SourceText::line(uint32_t number) const {
  findLines();
  if (number == 0 || number > lineStarts.size())
    return {};
  size_t begin = lineStarts[number - 1];
  size_t end = number < lineStarts.size() ? lineStarts[number] - 1 : contents.size();
  if (end > begin && contents[end - 1] == '\r')
    --end;
  return contents.substr(begin, end - begin);
}

//===----------------------------------------------------------------------===//
// Diagnostics
//===----------------------------------------------------------------------===//

std::string symc::takeHint(std::string &message) {
  constexpr std::string_view mark = "; hint: ";
  size_t at = message.find(mark);
  if (at == message.npos)
    return "";
  std::string hint = message.substr(at + mark.size());
  message.resize(at);
  return hint;
}

const SourceText &Diagnostics::addSource(std::string name, std::string_view text) {
  return sources.emplace_back(std::move(name), text);
}

const SourceText *Diagnostics::source(std::string_view name) const {
  for (const SourceText &source : sources)
    if (source.name() == name)
      return &source;
  return nullptr;
}

std::optional<std::string_view> Diagnostics::line(std::string_view file, uint32_t number) const {
  const SourceText *text = source(file);
  return text ? std::optional(text->line(number)) : std::nullopt;
}

void Diagnostics::report(Diagnostic diagnostic) {
  if (diagnostic.hint.empty() && !diagnostic.suggestion.empty())
    diagnostic.hint = "did you mean " + quoted(diagnostic.suggestion) + "?";
  // A function of the file is built for every list of types that it is called with: what is wrong in it is said once.
  auto saysTheSame = [&](const Diagnostic &other) {
    return other.line != 0 && other.line == diagnostic.line && other.column == diagnostic.column &&
           other.severity == diagnostic.severity && other.code == diagnostic.code && other.file == diagnostic.file &&
           other.message == diagnostic.message;
  };
  bool isKnown = std::any_of(kept.begin(), kept.end(), saysTheSame);
  if (diagnostic.severity == Severity::Error) {
    ++errors;
    auto isError = [](const Diagnostic &other) { return other.severity == Severity::Error; };
    if (!isKnown && std::count_if(kept.begin(), kept.end(), isError) >= ptrdiff_t(errorLimit)) {
      if (left++ == 0)
        firstLeft = std::move(diagnostic);
      return;
    }
  } else if (kept.size() >= 10 * errorLimit) {
    return; // warnings are bounded too; the errors are what must not be lost
  }
  if (!isKnown)
    kept.push_back(std::move(diagnostic));
}

std::vector<Diagnostic> Diagnostics::inOrder() const {
  auto rank = [&](const Diagnostic &d) {
    size_t index = 0;
    while (index < sources.size() && sources[index].name() != d.file)
      ++index;
    return index;
  };
  std::vector<std::tuple<size_t, uint32_t, uint32_t, size_t>> order; // file, line, column, when it was found
  for (size_t i = 0; i < kept.size(); ++i)
    order.emplace_back(rank(kept[i]), kept[i].line, kept[i].column, i);
  std::sort(order.begin(), order.end());
  std::vector<Diagnostic> out;
  for (const auto &place : order)
    out.push_back(kept[std::get<3>(place)]);
  if (left) {
    Diagnostic more;
    more.severity = Severity::Note;
    more.code = code::MoreErrors;
    more.file = firstLeft.file;
    more.line = firstLeft.line;
    more.column = firstLeft.column;
    more.message = "too many errors: " + std::to_string(left) + " more are not shown";
    out.push_back(std::move(more));
  }
  return out;
}
