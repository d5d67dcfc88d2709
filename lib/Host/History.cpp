//===- History.cpp - Learning curves --------------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/History.h"
#include "lib/Host/Numbers.h"
#include "lib/Host/OutputFile.h"
#include "lib/Support/Diagnostics.h"
#include "lib/Support/Json.h"
#include "lib/Support/TrainingLog.h"

#include <memory>
#include <nlohmann/json.hpp>

namespace symc::host {

/// `epoch` and `steps` are whole numbers.
static std::string cell(size_t column, double value) {
  return column < 2 ? std::to_string(static_cast<int64_t>(value)) : shortest(value);
}

History::History(const std::vector<std::string> &scores, bool validation, std::string path) : path(std::move(path)) {
  names = {column::epoch, column::steps};
  names.insert(names.end(), scores.begin(), scores.end());
  if (validation)
    for (const std::string &score : scores)
      names.push_back(std::string(column::validation) + score);
  names.push_back(column::seconds);
}

void History::add(std::vector<double> row) { allRows.push_back(std::move(row)); }

void History::write(bool force) {
  using namespace std::chrono;
  steady_clock::time_point now = steady_clock::now();
  if (path.empty() || (!force && (now - written < seconds(1) || !isReplaced(path)))) // a pipe gets the whole once
    return;
  written = now;
  std::string text;
  for (size_t i = 0; i < names.size(); ++i)
    text += (i ? "," : "") + names[i];
  text += '\n';
  for (const std::vector<double> &row : allRows) {
    for (size_t i = 0; i < row.size(); ++i)
      text += (i ? "," : "") + cell(i, row[i]);
    text += '\n';
  }
  OutputFile file(path);
  file.write(text.data(), text.size());
  file.commit();
}

std::string History::lastJson() const {
  Json row;
  for (size_t i = 0; i < names.size(); ++i)
    row[names[i]] = jsonNumber<Json>(allRows.back()[i]);
  return jsonLine(row);
}

std::string History::lastLine(int64_t epochs) const {
  const std::vector<double> &row = allRows.back();
  std::string out = "epoch " + cell(0, row[0]) + "/" + std::to_string(epochs) + ":";
  for (size_t i = 2; i < names.size(); ++i)
    out += " " + names[i] + " " + brief(row[i]);
  return out;
}

} // namespace symc::host
