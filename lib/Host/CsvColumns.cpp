//===- CsvColumns.cpp - The columns of a file of separated values --------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/CsvColumns.h"
#include "lib/Host/CsvCells.h"
#include "lib/Support/Suggest.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace symc::host {

namespace {

/// The hint for a file that seems to be separated otherwise.
std::string delimiterHint(const std::vector<CsvField> &first, char delimiter) {
  if (first.size() != 1)
    return "";
  for (auto [other, shown] : {std::pair(';', "';'"), std::pair('\t', "tab"), std::pair(',', "','")})
    if (other != delimiter && first[0].text.find(other) != std::string::npos)
      return std::string("--delimiter ") + shown + ", if that is what separates the columns";
  return "";
}

std::optional<size_t> asIndex(std::string_view text) {
  size_t index = 0;
  auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), index);
  return code == std::errc() && end == text.data() + text.size() ? std::optional(index) : std::nullopt;
}

/// An index or a name of the header.
size_t resolveColumn(std::string_view text, const std::string &input, const std::string &columns, const FirstRow &first,
                     bool isEnd) {
  size_t count = first.cells.size();
  std::optional<size_t> index = asIndex(text);
  if (index && *index < count + isEnd)
    return *index;
  std::string option = "--csv-inputs " + input + "=" + columns;
  if (index)
    throw usageError(code::OptionValue,
                     option + ": column " + std::string(text) + " is not in " + printable(first.file) + ", which has " +
                         std::to_string(count) + (count == 1 ? " column" : " columns"),
                     delimiterHint(first.cells, first.delimiter));
  Suggestion near(text);
  std::optional<size_t> found;
  for (size_t i = 0; first.isHeader && i < count; ++i) {
    std::string_view columnName = trim(first.cells[i].text);
    near.consider(columnName);
    if (columnName != text)
      continue;
    if (found)
      throw usageError(code::OptionValue,
                       option + ": columns " + std::to_string(*found) + " and " + std::to_string(i) + " of " +
                           printable(first.file) + " are both called " + quoted(text),
                       "an index stands for one column: " + std::to_string(*found) + " or " + std::to_string(i));
    found = i;
  }
  if (found)
    return *found;
  throw usageError(
      code::OptionValue,
      option + ": " + quoted(text) +
          (first.isHeader ? " is not a column of " + printable(first.file)
                          : " is a name, but the first row of " + printable(first.file) + " holds numbers, not names"),
      delimiterHint(first.cells, first.delimiter), near.best());
}

/// The parts of `a:b` or `a`.
std::vector<std::string_view> parts(std::string_view columns) {
  size_t colon = columns.find(':');
  if (colon == columns.npos)
    return {columns};
  return {columns.substr(0, colon), columns.substr(colon + 1)};
}

/// Of each column: whether an option says, by index, that it holds texts.
std::vector<bool> textColumns(size_t count, const CsvOptions &options) {
  std::vector<bool> isText(count);
  for (const auto &[input, columns] : options.textColumns) {
    std::vector<std::string_view> ends = parts(columns);
    std::optional<size_t> begin = asIndex(ends.front()), end = asIndex(ends.back());
    for (size_t i = begin.value_or(count); end && i < count && i < *end + (ends.size() == 1); ++i)
      isText[i] = true;
  }
  // Where every cell may be a text, one that is no number makes a header, as everywhere else.
  if (std::find(isText.begin(), isText.end(), false) == isText.end())
    isText.assign(count, false);
  return isText;
}

} // namespace

std::string headerHint(const std::string &input, const std::string &text) {
  return "if it is a header, give a column by its name: --csv-inputs " + input + "=" + printable(text);
}

bool isHeader(const std::vector<CsvField> &row, const std::vector<CsvRequest> &requests, const CsvOptions &options,
              const std::string &file) {
  bool isNamed = std::any_of(requests.begin(), requests.end(), [](const CsvRequest &request) {
    std::vector<std::string_view> ends = parts(request.columns);
    return !std::all_of(ends.begin(), ends.end(), [](std::string_view end) { return asIndex(end); });
  });
  std::vector<bool> isText = isNamed ? std::vector<bool>(row.size()) : textColumns(row.size(), options);
  size_t numbers = 0, others = 0, inOrder = 0; // an empty cell is a number that is missing
  for (size_t i = 0; i < row.size(); ++i) {
    if (!isText[i] && !trim(row[i].text).empty())
      ++(isNumber(row[i].text) ? numbers : others);
    inOrder += asIndex(trim(row[i].text)) == i;
  }
  if (others && numbers && !isNamed)
    warn(code::CsvHeader,
         "the first row is taken as a header, though " + std::to_string(numbers) + " of its " +
             std::to_string(row.size()) + " cells are numbers",
         file);
  constexpr size_t few = 3; // which data may hold by chance
  if (!others && row.size() >= few && inOrder == row.size())
    warn(code::CsvHeader, "the first row is taken as data, though its cells count the columns: 0, 1, 2, …", file,
         "leave out a header of numbers");
  return others;
}

std::pair<size_t, size_t> resolveColumns(const std::string &input, const std::string &columns, const FirstRow &first) {
  std::string_view text = columns;
  size_t colon = text.find(':');
  size_t begin = resolveColumn(text.substr(0, colon), input, columns, first, false);
  size_t end = colon == text.npos ? begin + 1 : resolveColumn(text.substr(colon + 1), input, columns, first, true);
  if (end <= begin)
    throw usageError(code::OptionValue, "--csv-inputs " + input + "=" + columns + " selects no column",
                     "a:b is half open: the columns from a up to, but not including, b");
  return {begin, end};
}

} // namespace symc::host
