//===- Csv.cpp - Data sets in comma-separated values ----------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/Csv.h"
#include "lib/Host/CsvCells.h"
#include "lib/Host/CsvRows.h"
#include "lib/Support/Suggest.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <tuple>
#include <unordered_map>

namespace symc::host {

namespace {

/// The texts of one column of categories: numbered as they come, until all are known.
struct Texts {
  struct Seen {
    std::string text;
    int64_t row, line, column; // of the first
  };
  std::unordered_map<std::string, size_t> places; // in `seen`
  std::vector<Seen> seen;
};

/// The columns of one request and the rows read so far.
struct Target {
  size_t begin = 0, end = 0;
  bool range = false;
  Tensor tensor;
  size_t used = 0;
  std::vector<Texts> texts;    // one a column, where their codes are found here
  std::vector<size_t> places;  // of each cell's text
  std::vector<bool> mayBeCode; // one a column, where texts are implied: numbers are codes
  bool hasText = false;        // a cell got a code
};

/// The hint for a file that seems to be separated otherwise.
std::string delimiterHint(const std::vector<CsvField> &first, char delimiter) {
  if (first.size() != 1)
    return "";
  for (auto [other, shown] : {std::pair(';', "';'"), std::pair('\t', "tab"), std::pair(',', "','")})
    if (other != delimiter && first[0].text.find(other) != std::string::npos)
      return std::string("--delimiter ") + shown + ", if that is what separates the columns";
  return "";
}

/// What the first row says of columns.
struct FirstRow {
  const std::vector<CsvField> &cells;
  bool isHeader;
  char delimiter;
  const std::string &file;
};

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

/// [begin, end), as `a:b` or `a` says.
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

class CsvLoader {
public:
  CsvLoader(ByteSource &source, const std::vector<CsvRequest> &requests, const CsvOptions &options)
      : source(source), requests(requests), options(options), reader(source, options.delimiter) {}

  std::vector<Tensor> load(CategoryCodes *codes) {
    std::vector<CsvField> row;
    if (!reader.next(row))
      throw dataError(code::DataFormat, source.where, "is empty");
    columns = row.size();
    if (isEmpty(row)) {
      while (reader.next(row) && isEmpty(row))
        ;
      throw isEmpty(row) || row.empty() ? dataError(code::DataFormat, source.where, "holds no rows")
                                        : reader.fail(1, 1, "an empty line before the first row");
    }
    FirstRow first{row, isHeader(row), options.delimiter, source.where};
    for (const CsvRequest &request : requests)
      targets.push_back(resolve(request, first));
    if (first.isHeader && !reader.next(row))
      throw dataError(code::DataFormat, source.where, "holds a header and no rows");
    do {
      addRow(row);
    } while (nextRow(row));
    return finish(codes);
  }

private:
  static bool isEmpty(const std::vector<CsvField> &row) { return row.size() == 1 && row[0].text.empty(); }

  /// Whether the first row is no data: one of its cells is no number, though no text belongs there.
  bool isHeader(const std::vector<CsvField> &row) {
    std::vector<bool> isText(row.size());
    for (const auto &[input, columns] : options.textColumns) {
      size_t colon = columns.find(':');
      std::optional<size_t> begin = asIndex(std::string_view(columns).substr(0, colon)), end;
      end = colon == columns.npos ? begin : asIndex(std::string_view(columns).substr(colon + 1));
      for (size_t i = begin.value_or(row.size()); end && i < row.size() && i < *end + (colon == columns.npos); ++i)
        isText[i] = true;
    }
    // Where every cell may be a text, one that is no number makes a header, as everywhere else.
    if (std::find(isText.begin(), isText.end(), false) == isText.end())
      isText.assign(row.size(), false);
    size_t numbers = 0, others = 0; // an empty cell is a number that is missing
    for (size_t i = 0; i < row.size(); ++i)
      if (!isText[i] && !trim(row[i].text).empty())
        ++(isNumber(row[i].text) ? numbers : others);
    if (others && numbers)
      warn(code::CsvHeader,
           "the first row is taken as a header, though " + std::to_string(numbers) + " of its " +
               std::to_string(row.size()) + " cells are numbers",
           source.where);
    return others;
  }

  Target resolve(const CsvRequest &request, const FirstRow &first) {
    Target target;
    std::tie(target.begin, target.end) = resolveColumns(request.input, request.columns, first);
    target.range = request.columns.find(':') != std::string::npos;
    target.tensor.type = request.type;
    size_t count = target.end - target.begin;
    if (request.categories && !request.known)
      target.texts.resize(count);
    if (request.known && request.known->size() != count)
      throw usageError(code::OptionValue, "--csv-inputs " + request.input + "=" + request.columns + " has " +
                                              std::to_string(count) + (count == 1 ? " column" : " columns") +
                                              ", and the " + options.codesOf + " have codes for " +
                                              std::to_string(request.known->size()));
    if (request.implied)
      for (const std::vector<std::string> &texts : *request.known)
        target.mayBeCode.push_back(std::none_of(texts.begin(), texts.end(), isNumber));
    return target;
  }

  /// Empty lines at the end of the file are no rows.
  bool nextRow(std::vector<CsvField> &row) {
    std::optional<Error> misplaced;
    while (reader.next(row)) {
      if (!isEmpty(row)) {
        if (misplaced)
          throw Error(*misplaced);
        return true;
      }
      if (!misplaced)
        misplaced.emplace(reader.fail(row[0].line, 1, "an empty line between rows"));
    }
    return false;
  }

  void addRow(const std::vector<CsvField> &row) {
    if (row.size() != columns)
      throw reader.fail(row[0].line, 1,
                        "a row of " + std::to_string(row.size()) + " columns after rows of " + std::to_string(columns));
    for (size_t i = 0; i < targets.size(); ++i)
      if (requests[i].categories)
        addTexts(row, targets[i], requests[i]);
      else
        addNumbers(row, targets[i], requests[i]);
    ++rows;
  }

  static Error spanning(Error error, const CsvField &cell) {
    error.diagnostic.endLine = error.diagnostic.line;
    error.diagnostic.endColumn = error.diagnostic.column + std::max<size_t>(cell.text.size(), 1);
    return error;
  }

  void reserve(size_t bytes) const {
    if (bytes > machineMemory())
      throw dataError(code::DataTooLarge, source.where, "holds more rows than fit in this machine's memory");
  }

  /// Room for the elements of one more row.
  void addRoom(Target &target, DataType type) const {
    size_t needed = target.used + (target.end - target.begin) * byteSize(type);
    if (needed <= target.tensor.data.size())
      return;
    reserve(needed);
    target.tensor.data.resize(std::max<size_t>(needed, target.tensor.data.size() * 2));
  }

  void addNumbers(const std::vector<CsvField> &row, Target &target, const CsvRequest &request) {
    addRoom(target, request.type);
    for (size_t c = target.begin; c < target.end; ++c, target.used += byteSize(request.type))
      if (Parse result = parseCell(row[c].text, request.type, target.tensor.data.data() + target.used);
          result != Parse::Ok)
        throw noNumber(reader, row[c], result, request);
  }

  static Error noNumber(const CsvRows &at, const CsvField &cell, Parse result, const CsvRequest &request) {
    Error error =
        spanning(at.fail(cell.line, cell.column, cellProblem(cell.text, result, request.type, request.input)), cell);
    if (result == Parse::NotANumber && !request.categories)
      error.diagnostic.hint = isNoValue(cell.text)         ? "fill cells without a value, or leave their rows out"
                              : hasDecimalComma(cell.text) ? "numbers have a point"
                                                           : "texts become codes with --categories " + request.input;
    return error;
  }

  void addTexts(const std::vector<CsvField> &row, Target &target, const CsvRequest &request) {
    if (request.known)
      addRoom(target, request.type);
    else
      reserve((target.places.size() + target.end - target.begin) * sizeof(size_t));
    for (size_t c = target.begin; c < target.end; ++c) {
      const CsvField &cell = row[c];
      std::string text(trim(cell.text));
      if (text.empty())
        throw spanning(reader.fail(cell.line, cell.column,
                                   "an empty cell, needed as a category of input " + quoted(request.input)),
                       cell);
      if (!isUtf8(text))
        throw spanning(reader.fail(cell.line, cell.column, "a category that is not UTF-8"), cell);
      if (request.known) {
        addKnown(cell, text, c - target.begin, target, request);
        continue;
      }
      Texts &texts = target.texts[c - target.begin];
      auto [entry, isNew] = texts.places.try_emplace(text, texts.seen.size());
      if (isNew)
        texts.seen.push_back({text, rows, cell.line, cell.column});
      target.places.push_back(entry->second);
    }
  }

  /// Without texts it is a column of numbers among others.
  void addKnown(const CsvField &cell, const std::string &text, size_t column, Target &target,
                const CsvRequest &request) {
    const std::vector<std::string> &texts = (*request.known)[column];
    char *out = target.tensor.data.data() + target.used;
    target.used += byteSize(request.type);
    if (texts.empty() || (request.implied && target.mayBeCode[column] && isNumber(text))) {
      if (Parse result = parseCell(cell.text, request.type, out); result != Parse::Ok)
        throw noNumber(reader, cell, result, request);
      return;
    }
    auto found = std::lower_bound(texts.begin(), texts.end(), text);
    if (found == texts.end() || *found != text)
      throw unknown(reader, {text, cell.line, cell.column}, texts, request);
    storeCode(found - texts.begin(), out, request);
    target.hasText = true;
  }

  /// In the type of the input, which must hold it exactly.
  void storeCode(int64_t code, char *out, const CsvRequest &request) const {
    int64_t back = 0;
    if (convert(&code, DataType::I64, out, request.type, 1) || convert(out, request.type, &back, DataType::I64, 1) ||
        back != code)
      throw dataError(code::DataTypeMismatch, source.where,
                      "has more categories for input " + quoted(request.input) + " than " + name(request.type) +
                          " holds",
                      "i32 holds them");
  }

  Error unknown(const CsvRows &at, const CsvField &cell, const std::vector<std::string> &texts,
                const CsvRequest &request) const {
    std::string all;
    for (size_t i = 0; i < texts.size() && i < 20; ++i)
      all += (i ? ", " : "") + quoted(texts[i]);
    Error error = spanning(at.fail(cell.line, cell.column,
                                   quoted(cell.text) + " is no category of input " + quoted(request.input) +
                                       ": those of the " + (request.known ? options.codesOf : "training part") +
                                       " are " + all + (texts.size() > 20 ? ", …" : ""),
                                   code::UnknownCategory),
                           cell);
    error.diagnostic.suggestion = suggest(cell.text, texts);
    return error;
  }

  /// Throws what `makeError` makes of a cell that was read before; its line is read again.
  template <typename MakeError> [[noreturn]] void refuse(const Texts::Seen &seen, MakeError makeError) const {
    std::unique_ptr<ByteSource> again = openFile(source.where);
    CsvRows at(*again, options.delimiter);
    std::vector<CsvField> row;
    while (at.next(row) && row.back().line < seen.line)
      ;
    throw makeError(at, CsvField{seen.text, seen.line, seen.column});
  }

  /// Numbers the texts of the rows that are not held out in the order of bytes, and gives them. `elements` receives the
  /// code of each, or, where a column of several holds nothing but numbers, these: then there are no texts.
  std::vector<std::string> sortTexts(const Target &target, size_t column, const CsvRequest &request,
                                     std::vector<char> &elements) const {
    int64_t known = rows - options.heldOut(rows);
    const std::vector<Texts::Seen> &seen = target.texts[column].seen;
    size_t size = byteSize(request.type);
    elements.resize(seen.size() * size);
    auto isKnown = [&](const Texts::Seen &text) { return text.row < known; };
    auto isKnownText = [&](const Texts::Seen &text) { return isKnown(text) && !isNumber(text.text); };
    if (target.texts.size() > 1 && std::none_of(seen.begin(), seen.end(), isKnownText)) {
      for (size_t i = 0; i < seen.size(); ++i)
        if (Parse result = parseCell(seen[i].text, request.type, &elements[i * size]); result != Parse::Ok)
          refuse(seen[i], [&](const CsvRows &at, const CsvField &cell) { return noNumber(at, cell, result, request); });
      return {};
    }
    std::vector<size_t> order;
    for (size_t i = 0; i < seen.size(); ++i)
      if (isKnown(seen[i]))
        order.push_back(i);
    std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return seen[a].text < seen[b].text; });
    std::vector<std::string> texts;
    for (size_t i : order) {
      storeCode(static_cast<int64_t>(texts.size()), &elements[i * size], request);
      texts.push_back(seen[i].text);
    }
    if (auto late = std::find_if_not(seen.begin(), seen.end(), isKnown);
        late != seen.end() && known > 0) // otherwise the split is what is wrong
      refuse(*late, [&](const CsvRows &at, const CsvField &cell) { return unknown(at, cell, texts, request); });
    return texts;
  }

  /// The elements of an input of categories, and the texts of its columns.
  std::vector<std::vector<std::string>> codeTexts(Target &target, const CsvRequest &request) const {
    size_t width = target.texts.size(), size = byteSize(request.type);
    target.used = target.places.size() * size;
    reserve(target.used);
    target.tensor.data.resize(target.used);
    std::vector<std::vector<std::string>> all;
    std::vector<char> elements;
    for (size_t c = 0; c < width; ++c) {
      all.push_back(sortTexts(target, c, request, elements));
      for (size_t i = c; i < target.places.size(); i += width)
        memcpy(target.tensor.data.data() + i * size, &elements[target.places[i] * size], size);
    }
    return all;
  }

  std::vector<Tensor> finish(CategoryCodes *codes) {
    std::vector<Tensor> tensors;
    for (size_t i = 0; i < targets.size(); ++i) {
      Target &target = targets[i];
      const CsvRequest &request = requests[i];
      if (request.categories) {
        std::vector<std::vector<std::string>> texts = request.known ? *request.known : codeTexts(target, request);
        if (codes && (!request.implied || target.hasText))
          (*codes)[request.input] = std::move(texts);
      }
      target.tensor.data.resize(target.used);
      target.tensor.shape = {rows};
      if (target.range)
        target.tensor.shape.push_back(target.end - target.begin);
      tensors.push_back(std::move(target.tensor));
    }
    return tensors;
  }

  ByteSource &source;
  const std::vector<CsvRequest> &requests;
  const CsvOptions &options;
  CsvRows reader;
  std::vector<Target> targets;
  size_t columns = 0;
  int64_t rows = 0;
};

} // namespace

std::vector<Tensor> readCsv(std::unique_ptr<ByteSource> source, const std::vector<CsvRequest> &requests,
                            const CsvOptions &options, CategoryCodes *codes) {
  return CsvLoader(*source, requests, options).load(codes);
}

} // namespace symc::host
