//===- Csv.cpp - Data sets in comma-separated values ----------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/Csv.h"
#include "lib/Host/CsvCells.h"
#include "lib/Host/CsvColumns.h"
#include "lib/Host/CsvRows.h"
#include "lib/Support/Suggest.h"

#include <algorithm>
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
    firstIsHeader = isHeader(row, requests, options, source.where);
    FirstRow first{row, firstIsHeader, options.delimiter, source.where};
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
    if (bytes > memory)
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
          result != Parse::Ok) {
        Error error = noNumber(reader, row[c], result, request);
        if (error.diagnostic.hint.empty() && result == Parse::NotANumber)
          error.diagnostic.hint = holdsNumbers(c) ? "most cells of the column are numbers: " + std::string(missingHint)
                                                  : "texts become codes with --categories " + request.input;
        throw Error(error);
      }
  }

  /// Whether most cells of a column are numbers, as all were until the current row.
  bool holdsNumbers(size_t column) {
    constexpr int lookAhead = 1000;
    int64_t numbers = rows, others = 1;
    std::vector<CsvField> row;
    try {
      for (int i = 0; i < lookAhead && reader.next(row); ++i)
        if (column < row.size() && !isNoValue(row[column].text))
          ++(isNumber(row[column].text) ? numbers : others);
    } catch (const Error &) {
      // What else is wrong with the file is not the question.
    }
    return numbers > others;
  }

  static constexpr const char *missingHint = "fill cells without a value, or leave their rows out";

  static Error noNumber(const CsvRows &at, const CsvField &cell, Parse result, const CsvRequest &request) {
    Error error =
        spanning(at.fail(cell.line, cell.column, cellProblem(cell.text, result, request.type, request.input)), cell);
    if (result == Parse::NotANumber)
      error.diagnostic.hint = isNoValue(cell.text)         ? missingHint
                              : hasDecimalComma(cell.text) ? "numbers have a point"
                                                           : "";
    return error;
  }

  void addTexts(const std::vector<CsvField> &row, Target &target, const CsvRequest &request) {
    if (request.known)
      addRoom(target, request.type);
    else
      reserve((target.places.size() + target.end - target.begin) * sizeof(size_t) + textBytes);
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
      if (isNew) {
        texts.seen.push_back({text, rows, cell.line, cell.column});
        textBytes += 2 * text.size() + sizeof(Texts::Seen) + sizeof(*entry) + 4 * sizeof(void *);
      }
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
    if (rows == 0 && !firstIsHeader && error.diagnostic.suggestion.empty())
      error.diagnostic.hint = headerHint(request.input, cell.text);
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

  /// A first row that looks like a header, though it may be one of data: its text stands nowhere else, as others do.
  void tellOfHeader(const Target &target, size_t column, const CsvRequest &request) const {
    const std::vector<Texts::Seen> &seen = target.texts[column].seen;
    if (firstIsHeader || seen.size() < 2)
      return;
    std::vector<int64_t> counts(seen.size());
    for (size_t i = column; i < target.places.size(); i += target.texts.size())
      ++counts[target.places[i]];
    if (counts[0] == 1 && std::none_of(counts.begin() + 1, counts.end(), [](int64_t count) { return count == 1; }))
      warn(code::CsvHeader,
           "the first row is taken as data, though " + quoted(seen[0].text) + " stands nowhere else in its column",
           source.where, headerHint(request.input, seen[0].text));
  }

  /// Numbers the texts of the rows that are not held out in the order of bytes, and gives them. `elements` receives the
  /// code of each, or, where a column holds nothing but numbers, these: then there are no texts.
  std::vector<std::string> sortTexts(const Target &target, size_t column, const CsvRequest &request,
                                     std::vector<char> &elements) const {
    int64_t known = rows - options.heldOut(rows);
    const std::vector<Texts::Seen> &seen = target.texts[column].seen;
    size_t size = byteSize(request.type);
    elements.resize(seen.size() * size);
    auto isKnown = [&](const Texts::Seen &text) { return text.row < known; };
    bool hasNumber = false, hasText = false;
    for (const Texts::Seen &text : seen)
      if (isKnown(text) && isNumber(text.text))
        hasNumber = true;
      else if (isKnown(text) && !isNoValue(text.text)) // a cell that says that it has no value makes no column of texts
        hasText = true;
    if (hasNumber && !hasText) {
      for (size_t i = 0; i < seen.size(); ++i)
        if (Parse result = parseCell(seen[i].text, request.type, &elements[i * size]); result != Parse::Ok)
          refuse(seen[i], [&](const CsvRows &at, const CsvField &cell) { return noNumber(at, cell, result, request); });
      return {};
    }
    tellOfHeader(target, column, request);
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
        if (!request.known &&
            std::all_of(texts.begin(), texts.end(), [](const auto &column) { return column.empty(); }))
          remark(code::CategoryCodes,
                 "input " + quoted(request.input) + " holds numbers alone, which --categories leaves as they are",
                 source.where);
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
  const uint64_t memory = machineMemory(); // asking takes longer than reading a row
  size_t columns = 0, textBytes = 0;
  int64_t rows = 0;
  bool firstIsHeader = false;
};

} // namespace

std::vector<Tensor> readCsv(std::unique_ptr<ByteSource> source, const std::vector<CsvRequest> &requests,
                            const CsvOptions &options, CategoryCodes *codes) {
  return CsvLoader(*source, requests, options).load(codes);
}

} // namespace symc::host
