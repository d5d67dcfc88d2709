//===- Csv.cpp - Data sets in comma-separated values ----------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// RFC 4180: commas, optional quotes with "" inside, CRLF or LF, a last line with
// or without its end. Rows are read one at a time, and a field is bounded, so a
// file without line ends cannot take all memory.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/Csv.h"
#include "lib/Host/ElementVisitor.h"
#include "lib/Host/Errors.h"
#include "lib/Support/Suggest.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <optional>

namespace symc::host {

namespace {

constexpr size_t maxField = 1 << 16, maxColumns = 1 << 20, maxEcho = 1 << 12;

struct Field {
  std::string text;
  int64_t line, column;
};

class RowReader {
public:
  explicit RowReader(ByteSource &source) : source(source), chunk(1 << 16) {
    if (peek() >= 0 && filled >= 3 && !memcmp(chunk.data(), "\xEF\xBB\xBF", 3)) // spreadsheets write a byte order mark
      at = 3;
  }

  /// The next row; false at the end. An empty line is a row of one empty field.
  bool next(std::vector<Field> &row) {
    row.clear();
    echo.clear();
    if (peek() < 0)
      return false;
    rowLine = line;
    while (true) {
      if (row.size() == maxColumns)
        throw fail(line, column, "a row of more than " + std::to_string(maxColumns) + " columns");
      row.push_back(field());
      int end = get();
      if (end == ',')
        continue;
      if (end == '\r' && peek() == '\n')
        get();
      return true;
    }
  }

  Error fail(int64_t atLine, int64_t atColumn, std::string message) const {
    Diagnostic diagnostic = makeDiagnostic(code::CsvCell, source.where, std::move(message));
    diagnostic.line = static_cast<uint32_t>(std::min<int64_t>(atLine, UINT32_MAX));
    diagnostic.column = static_cast<uint32_t>(std::min<int64_t>(atColumn, UINT32_MAX));
    return Error(WrongInput, std::move(diagnostic), atLine == rowLine ? echo : "");
  }

private:
  int peek() {
    if (at == filled) {
      filled = source.read(chunk.data(), chunk.size());
      at = 0;
      if (!filled)
        return -1;
    }
    return static_cast<unsigned char>(chunk[at]);
  }
  int get() {
    int c = peek();
    if (c < 0)
      return c;
    ++at;
    if (c == '\n') {
      ++line;
      column = 1;
    } else {
      ++column;
      if (c != '\r' && line == rowLine && echo.size() < maxEcho)
        echo += static_cast<char>(c);
    }
    return c;
  }

  Field field() {
    Field field{"", line, column};
    bool quotes = peek() == '"';
    if (quotes)
      get();
    while (true) {
      int c = peek();
      if (quotes && c < 0)
        throw fail(field.line, field.column, "a quote without end");
      if (quotes && c == '"') {
        get();
        if (peek() != '"')
          break;
      } else if (!quotes && (c < 0 || c == ',' || c == '\n' || c == '\r')) {
        return field;
      }
      if (c == 0)
        throw fail(line, column, "a NUL byte: this is not a text file");
      if (field.text.size() == maxField)
        throw fail(field.line, field.column, "a field of more than " + std::to_string(maxField) + " bytes");
      field.text += static_cast<char>(get());
    }
    if (int c = peek(); c >= 0 && c != ',' && c != '\n' && c != '\r')
      throw fail(line, column, "text after a closing quote");
    return field;
  }

  ByteSource &source;
  std::vector<char> chunk;
  size_t at = 0, filled = 0;
  int64_t line = 1, column = 1, rowLine = 1;
  std::string echo;
};

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
    text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
    text.remove_suffix(1);
  if (text.size() > 1 && text.front() == '+' && text[1] != '-' && text[1] != '+')
    text.remove_prefix(1);
  return text;
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
    Parse parsed = parse(trim(text), element);
    memcpy(out, &element, sizeof element);
    return parsed;
  });
}

bool isNumber(const Field &field) {
  double value;
  return parseCell(field.text, DataType::F64, &value) != Parse::NotANumber;
}

/// The columns of one request and the rows read so far.
struct Target {
  size_t begin = 0, end = 0;
  bool range = false;
  Tensor tensor;
  size_t used = 0;
};

/// An index or a name of the header.
size_t resolveColumn(std::string_view text, const CsvRequest &request, const std::vector<Field> &first, bool header,
                     bool isEnd, const std::string &file) {
  size_t index = 0;
  auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), index);
  bool number = code == std::errc() && end == text.data() + text.size();
  if (number && index < first.size() + isEnd)
    return index;
  std::string option = "--csv-inputs " + request.input + "=" + request.columns;
  if (number)
    throw usageError(code::OptionValue, option + ": column " + std::string(text) + " is not in " + printable(file) +
                                            ", which has " + std::to_string(first.size()) + " columns");
  Suggestion near(text);
  std::optional<size_t> found;
  for (size_t i = 0; header && i < first.size(); ++i) {
    std::string_view columnName = trim(first[i].text);
    near.consider(columnName);
    if (columnName != text)
      continue;
    if (found)
      throw usageError(code::OptionValue,
                       option + ": columns " + std::to_string(*found) + " and " + std::to_string(i) + " of " +
                           printable(file) + " are both called " + quoted(text),
                       "an index stands for one column: " + std::to_string(*found) + " or " + std::to_string(i));
    found = i;
  }
  if (found)
    return *found;
  throw usageError(code::OptionValue,
                   option + ": " + quoted(text) +
                       (header ? " is not a column of " + printable(file)
                               : " is a name, but the first row of " + printable(file) + " holds numbers, not names"),
                   "", near.best());
}

Target resolve(const CsvRequest &request, const std::vector<Field> &first, bool header, const std::string &file) {
  Target target;
  std::string_view text = request.columns;
  size_t colon = text.find(':');
  target.range = colon != text.npos;
  target.begin = resolveColumn(text.substr(0, colon), request, first, header, false, file);
  target.end =
      target.range ? resolveColumn(text.substr(colon + 1), request, first, header, true, file) : target.begin + 1;
  if (target.end <= target.begin)
    throw usageError(code::OptionValue, "--csv-inputs " + request.input + "=" + request.columns + " selects no column",
                     "a:b is half open: the columns from a up to, but not including, b");
  target.tensor.type = request.type;
  return target;
}

class CsvLoader {
public:
  CsvLoader(ByteSource &source, const std::vector<CsvRequest> &requests)
      : source(source), requests(requests), reader(source) {}

  std::vector<Tensor> load() {
    std::vector<Field> row;
    if (!reader.next(row))
      throw dataError(code::DataFormat, source.where, "is empty");
    columns = row.size();
    if (isEmpty(row)) {
      while (reader.next(row) && isEmpty(row))
        ;
      throw isEmpty(row) || row.empty() ? dataError(code::DataFormat, source.where, "holds no rows")
                                        : reader.fail(1, 1, "an empty line before the first row");
    }
    size_t numbers = std::count_if(row.begin(), row.end(), isNumber);
    bool header = numbers < row.size();
    if (header && numbers)
      warn(code::CsvHeader,
           "the first row is taken as a header, though " + std::to_string(numbers) + " of its " +
               std::to_string(row.size()) + " cells are numbers",
           source.where);
    for (const CsvRequest &request : requests)
      targets.push_back(resolve(request, row, header, source.where));
    if (header && !reader.next(row))
      throw dataError(code::DataFormat, source.where, "holds a header and no rows");
    do {
      addRow(row);
    } while (nextRow(row));
    return finish();
  }

private:
  static bool isEmpty(const std::vector<Field> &row) { return row.size() == 1 && row[0].text.empty(); }

  /// Empty lines at the end of the file are no rows.
  bool nextRow(std::vector<Field> &row) {
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

  void addRow(const std::vector<Field> &row) {
    if (row.size() != columns)
      throw reader.fail(row[0].line, 1,
                        "a row of " + std::to_string(row.size()) + " columns after rows of " + std::to_string(columns));
    for (size_t i = 0; i < targets.size(); ++i)
      addCells(row, targets[i], requests[i]);
    ++rows;
  }

  void addCells(const std::vector<Field> &row, Target &target, const CsvRequest &request) {
    size_t size = byteSize(request.type), needed = target.used + (target.end - target.begin) * size;
    if (needed > target.tensor.data.size()) {
      if (needed > machineMemory())
        throw dataError(code::DataTooLarge, source.where, "holds more rows than fit in this machine's memory");
      target.tensor.data.resize(std::max<size_t>(needed, target.tensor.data.size() * 2));
    }
    for (size_t c = target.begin; c < target.end; ++c, target.used += size) {
      const Field &cell = row[c];
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
      Error error = reader.fail(cell.line, cell.column, what);
      error.diagnostic.endLine = error.diagnostic.line;
      error.diagnostic.endColumn = error.diagnostic.column + std::max<size_t>(cell.text.size(), 1);
      throw error;
    }
  }

  std::vector<Tensor> finish() {
    std::vector<Tensor> tensors;
    for (Target &target : targets) {
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
  RowReader reader;
  std::vector<Target> targets;
  size_t columns = 0;
  int64_t rows = 0;
};

} // namespace

std::vector<Tensor> readCsv(std::unique_ptr<ByteSource> source, const std::vector<CsvRequest> &requests) {
  return CsvLoader(*source, requests).load();
}

} // namespace symc::host
