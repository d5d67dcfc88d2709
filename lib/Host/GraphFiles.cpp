//===- GraphFiles.cpp - The files that a graph file names ----------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/GraphFiles.h"

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

namespace symc::host {

using nlohmann::json;

namespace {

/// Keeps the keys that lead to a value; what is in a list is of no interest.
class Finder : public nlohmann::json_sax<json> {
public:
  Finder(GraphFiles &found, std::filesystem::path folder) : found(found), folder(std::move(folder)) {}

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t &) override { return true; }
  bool binary(binary_t &) override { return true; }

  bool string(string_t &text) override {
    if (lists)
      return true;
    if (keys.size() == 1 && keys[0] == "name")
      found.name = text;
    if (keys.size() == 3 && keys[0] == "constants" && keys[2] == "file")
      found.constants.emplace_back(keys[1], (folder / text).string());
    return true;
  }

  bool start_object(size_t) override {
    keys.emplace_back();
    return true;
  }
  bool key(string_t &text) override {
    keys.back() = text;
    return true;
  }
  bool end_object() override {
    keys.pop_back();
    return true;
  }
  bool start_array(size_t) override {
    ++lists;
    return true;
  }
  bool end_array() override {
    --lists;
    return true;
  }
  bool parse_error(size_t, const std::string &, const nlohmann::detail::exception &) override { return false; }

private:
  GraphFiles &found;
  std::filesystem::path folder;
  std::vector<std::string> keys;
  size_t lists = 0;
};

} // namespace

std::string GraphFiles::headerOf(const std::string &library) const {
  return name.empty() ? "" : (std::filesystem::path(library).parent_path() / (name + ".h")).string();
}

GraphFiles filesOfGraph(const std::string &path) {
  GraphFiles found;
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) // a pipe would be emptied
    return found;
  std::ifstream text(path, std::ios::binary);
  Finder finder(found, std::filesystem::path(path).parent_path());
  json::sax_parse(text, &finder);
  return found;
}

} // namespace symc::host
