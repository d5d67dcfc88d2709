//===- Csv.cpp - Data sets in comma-separated values ----------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/Csv.h"
#include "lib/Host/CsvRows.h"
#include "lib/Host/ElementVisitor.h"
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

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
    text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
    text.remove_suffix(1);
  return text;
}

std::string_view trimNumber(std::string_view text) {
  text = trim(text);
  if (text.size() > 1 && text.front() == '+' && text[1] != '-' && text[1] != '+')
    text.remove_prefix(1);
  return text;
}

bool isUtf8(std::string_view text) {
  for (size_t i = 0, length; i < text.size(); i += length)
    if (!(length = utf8Length(text, i)))
      return false;
  return true;
}

enum class Parse { Ok, NotANumber, OutOfRange };

template <typename T> Parse parse(std::string_view text, T &element) {
  if constexpr (std::is_same_v<T, Truth>) {
    element.byte = text == "1" || text == "true" || text == "True";
    return element.byte || text == "0" || text == "false" || text == "False" ? Parse::Ok : Parse::NotANumber;
  } else if constexpr (isNarrow<T>) {
    double wide = 0;
    Parse parsed = parse(text, wide);
    element = T(wide);
    return parsed == Parse::Ok && std::isinf(Value<T>(element)) && !std::isinf(wide) ? Parse::OutOfRange : parsed;
  } else {
    auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), element);
    if (code == std::errc::invalid_argument || end != text.data() + text.size())
      return Parse::NotANumber;
    if (code != std::errc::result_out_of_range)
      return Parse::Ok;
    if constexpr (std::is_floating_point_v<T>) {
      // Too small is rounded like any other number; too large is an error.
      double wide = strtod(std::string(text).c_str(), nullptr);
      if (std::fabs(wide) > 1)
        return Parse::OutOfRange;
      element = static_cast<T>(wide);
      return Parse::Ok;
    }
    return Parse::OutOfRange;
  }
}

Parse parseCell(std::string_view text, DataType type, void *out) {
  return visitElement(type, [&](auto element) {
    Parse parsed = parse(trimNumber(text), element);
    memcpy(out, &element, sizeof element);
    return parsed;
  });
}

bool isNumber(const CsvField &field) {
  double value;
  return parseCell(field.text, DataType::F64, &value) != Parse::NotANumber;
}

/// The texts of one column of categories: numbered as they come, until all are known.
struct Texts {
  struct Seen {
    std::string text;
    int64_t row, line, column; // of the first
  };
  std::unordered_map<std::string, int64_t> numbers;
  std::vector<Seen> seen;
};

/// The columns of one request and the rows read so far.
struct Target {
  size_t begin = 0, end = 0;
  bool range = false;
  Tensor tensor;
  size_t used = 0;
  std::vector<Texts> texts;     // one a column, where their codes are found here
  std::vector<int64_t> numbers; // of the texts
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
        ++(isNumber(row[i]) ? numbers : others);
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

  void addNumbers(const std::vector<CsvField> &row, Target &target, const CsvRequest &request) {
    size_t size = byteSize(request.type), needed = target.used + (target.end - target.begin) * size;
    if (needed > target.tensor.data.size()) {
      reserve(needed);
      target.tensor.data.resize(std::max<size_t>(needed, target.tensor.data.size() * 2));
    }
    for (size_t c = target.begin; c < target.end; ++c, target.used += size) {
      const CsvField &cell = row[c];
      Parse result = parseCell(cell.text, request.type, target.tensor.data.data() + target.used);
      if (result == Parse::Ok)
        continue;
      std::string what = cell.text.empty()                ? "an empty cell"
                         : result == Parse::OutOfRange    ? quoted(cell.text) + " is out of the range of"
                         : isFloat(request.type)          ? quoted(cell.text) + " is not a number of type"
                         : request.type == DataType::Bool ? quoted(cell.text) + " is not a"
                                                          : quoted(cell.text) + " is not an integer of type";
      what += std::string(cell.text.empty() ? ", needed as " : " ") + name(request.type) + ", the type of input " +
              quoted(request.input);
      Error error = spanning(reader.fail(cell.line, cell.column, what), cell);
      if (result == Parse::NotANumber && !cell.text.empty())
        error.diagnostic.hint = "texts become codes with --categories " + request.input;
      throw error;
    }
  }

  void addTexts(const std::vector<CsvField> &row, Target &target, const CsvRequest &request) {
    reserve((target.numbers.size() + target.end - target.begin) * sizeof(int64_t));
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
        const std::vector<std::string> &texts = (*request.known)[c - target.begin];
        auto found = std::lower_bound(texts.begin(), texts.end(), text);
        if (found == texts.end() || *found != text)
          throw unknown(reader, cell.line, cell.column, text, texts, request);
        target.numbers.push_back(found - texts.begin());
        continue;
      }
      Texts &texts = target.texts[c - target.begin];
      auto [entry, isNew] = texts.numbers.try_emplace(text, texts.seen.size());
      if (isNew)
        texts.seen.push_back({text, rows, cell.line, cell.column});
      target.numbers.push_back(entry->second);
    }
  }

  Error unknown(const CsvRows &at, int64_t line, int64_t column, const std::string &text,
                const std::vector<std::string> &texts, const CsvRequest &request) const {
    std::string all;
    for (size_t i = 0; i < texts.size() && i < 20; ++i)
      all += (i ? ", " : "") + quoted(texts[i]);
    Error error = spanning(at.fail(line, column,
                                   quoted(text) + " is no category of input " + quoted(request.input) +
                                       ": those of the " + (request.known ? options.codesOf : "training part") +
                                       " are " + all + (texts.size() > 20 ? ", …" : ""),
                                   code::UnknownCategory),
                           {text, line, column});
    error.diagnostic.suggestion = suggest(text, texts);
    return error;
  }

  /// Throws the error for a text that stands in the held-out rows alone. Its line is read again.
  void refuseLate(const Texts::Seen &late, const std::vector<std::string> &texts, const CsvRequest &request) const {
    std::unique_ptr<ByteSource> again = openFile(source.where);
    CsvRows rows(*again, options.delimiter);
    std::vector<CsvField> row;
    while (rows.next(row) && row.back().line < late.line)
      ;
    throw unknown(rows, late.line, late.column, late.text, texts, request);
  }

  /// The texts of the rows that are not held out, in the order of bytes; `numbers` become codes.
  std::vector<std::vector<std::string>> sortTexts(Target &target, const CsvRequest &request) const {
    int64_t known = rows - heldOutExamples(rows, options.heldOut);
    std::vector<std::vector<std::string>> all;
    for (size_t c = 0; c < target.texts.size(); ++c) {
      const std::vector<Texts::Seen> &seen = target.texts[c].seen;
      std::vector<size_t> order;
      const Texts::Seen *late = nullptr;
      for (size_t i = 0; i < seen.size(); ++i)
        if (seen[i].row < known)
          order.push_back(i);
        else if (!late)
          late = &seen[i];
      std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return seen[a].text < seen[b].text; });
      std::vector<std::string> &texts = all.emplace_back();
      std::vector<int64_t> codes(seen.size());
      for (size_t i : order) {
        codes[i] = static_cast<int64_t>(texts.size());
        texts.push_back(seen[i].text);
      }
      if (late && known > 0) // otherwise the split is what is wrong
        refuseLate(*late, texts, request);
      for (size_t i = c; i < target.numbers.size(); i += target.texts.size())
        target.numbers[i] = codes[target.numbers[i]];
    }
    return all;
  }

  /// Codes in the type of the input, which must hold each of them exactly.
  void storeCodes(Target &target, const CsvRequest &request) const {
    auto count = static_cast<int64_t>(target.numbers.size());
    target.used = count * byteSize(request.type);
    reserve(target.used);
    target.tensor.data.resize(target.used);
    std::vector<int64_t> back(count);
    bool fits = !convert(target.numbers.data(), DataType::I64, target.tensor.data.data(), request.type, count) &&
                !convert(target.tensor.data.data(), request.type, back.data(), DataType::I64, count);
    if (!fits || back != target.numbers)
      throw dataError(code::DataTypeMismatch, source.where,
                      "has more categories for input " + quoted(request.input) + " than " + name(request.type) +
                          " holds",
                      "i32 holds them");
  }

  std::vector<Tensor> finish(CategoryCodes *codes) {
    std::vector<Tensor> tensors;
    for (size_t i = 0; i < targets.size(); ++i) {
      Target &target = targets[i];
      const CsvRequest &request = requests[i];
      if (!target.texts.empty()) {
        std::vector<std::vector<std::string>> texts = sortTexts(target, request);
        if (codes)
          (*codes)[request.input] = std::move(texts);
      } else if (request.known && codes) {
        (*codes)[request.input] = *request.known;
      }
      if (request.categories)
        storeCodes(target, request);
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

int64_t heldOutExamples(int64_t examples, double fraction) {
  return std::llround(static_cast<double>(examples) * fraction);
}

std::vector<Tensor> readCsv(std::unique_ptr<ByteSource> source, const std::vector<CsvRequest> &requests,
                            const CsvOptions &options, CategoryCodes *codes) {
  return CsvLoader(*source, requests, options).load(codes);
}

} // namespace symc::host
