//===- Options.cpp - Parses the command line ------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "tools/symc/Options.h"
#include "lib/Support/OtherNames.h"
#include "lib/Support/Suggest.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

namespace symc::cli {

using host::usageError;

/// "text" as a whole is a number of type T.
template <typename T> static bool parseNumber(std::string_view text, T &out) {
  auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), out);
  return code == std::errc() && end == text.data() + text.size() && !text.empty();
}

host::Error unknownCommand(const std::string &word) {
  for (const char *later : {"import", "export", "report", "summary", "diff"})
    if (word == later)
      return usageError(code::CommandNotInThisVersion,
                        "this version of symc has no command " + symc::quoted(word) + " yet",
                        "`symc` lists the commands that it has");
  if (const OtherName *other = findOtherName(otherCommands, word))
    return usageError(code::UnknownCommand, "there is no command " + symc::quoted(word), std::string(other->hint),
                      std::string(other->here));
  Suggestion near(word);
  for (const CommandInfo &command : commands())
    near.consider(command.name);
  near.consider("help");
  return usageError(code::UnknownCommand, "there is no command " + symc::quoted(word),
                    near.best().empty() ? "`symc` lists the commands" : "", near.best());
}

class Parser {
public:
  Parser(const CommandInfo &command, const std::vector<std::string> &words) : words(words) { out.command = &command; }

  Arguments parse() {
    bool optionsEnd = false;
    for (; at < words.size(); ++at) {
      const std::string &word = words[at];
      if (!optionsEnd && word == "--")
        optionsEnd = true;
      else if (optionsEnd || word.size() < 2 || word[0] != '-')
        positional(word);
      else
        option(word);
    }
    if (out.file.empty() && !out.help)
      throw usageError(code::MissingOption, std::string("`symc ") + out.command->name + "` needs a file",
                       std::string("usage: symc ") + out.command->name + " " + out.command->arguments);
    if (!out.help)
      checkNeeds();
    return std::move(out);
  }

private:
  void positional(const std::string &word) {
    if (!out.file.empty())
      throw usageError(code::OptionConflict,
                       "more than one file: " + symc::quoted(out.file) + " and " + symc::quoted(word));
    if (word.empty())
      throw usageError(code::OptionValue, "an empty file name");
    out.file = word;
  }

  void option(const std::string &word) {
    if (word == "-h") {
      out.help = true;
      return;
    }
    size_t equals = word.find('=');
    std::string name = word.substr(0, equals);
    bool hasValue = equals != word.npos;
    std::string value = hasValue ? word.substr(equals + 1) : "";
    if (name.size() == 3 && name.substr(0, 2) == "-O" && !hasValue) { // -O2
      value = name.substr(2);
      name = "-O";
      hasValue = true;
    }
    const OptionInfo &info = find(name);
    if (!info.value) {
      if (hasValue)
        throw usageError(code::OptionValue, name + " takes no value");
      if (name == "--help")
        out.help = true;
      out.values[name];
      return;
    }
    if (!hasValue) {
      if (at + 1 == words.size())
        throw usageError(code::MissingOptionValue, name + " needs a value: " + name + " " + info.value);
      value = words[++at];
    }
    if (value.empty())
      throw usageError(code::MissingOptionValue, name + " has an empty value");
    std::vector<std::string> &values = out.values[name];
    if (!values.empty() && !info.list)
      throw usageError(code::RepeatedOption, name + " is given twice");
    if (info.list)
      split(info, value, values);
    else
      values.push_back(value);
  }

  void checkNeeds() {
    for (const OptionInfo *option : out.given())
      if (option->needs && !out.has(option->needs))
        throw usageError(code::MissingOption, std::string(option->name) + " needs " + option->needs + " " +
                                                  find(option->needs).value + ", without which it says nothing");
  }

  const OptionInfo &find(const std::string &name) {
    Suggestion near(name);
    const OptionInfo *elsewhere = nullptr;
    for (const OptionInfo &option : options()) {
      if (option.commands & out.command->set) {
        if (name == option.name)
          return option;
        near.consider(option.name);
      } else if (name == option.name) {
        elsewhere = &option;
      }
    }
    if (elsewhere) {
      std::string others;
      for (const CommandInfo &command : commands())
        if (command.set & elsewhere->commands)
          others += (others.empty() ? "" : ", ") + std::string(command.name);
      throw usageError(code::UnknownOption, std::string("`symc ") + out.command->name + "` has no option " + name,
                       "it is an option of " + others);
    }
    throw usageError(
        code::UnknownOption, std::string("`symc ") + out.command->name + "` has no option " + symc::quoted(name),
        near.best().empty() ? std::string("`symc help ") + out.command->name + "` lists the options" : "", near.best());
  }

  /// Splits at commas; in a list of NAME=VALUE only at those before another NAME=, so that a path may hold commas.
  void split(const OptionInfo &info, const std::string &text, std::vector<std::string> &items) {
    bool pairs = std::string_view(info.value).find('=') != std::string_view::npos;
    size_t begin = 0;
    for (size_t i = 0; i <= text.size(); ++i) {
      if (i < text.size() && (text[i] != ',' || (pairs && !startsPair(std::string_view(text).substr(i + 1)))))
        continue;
      if (i == begin)
        throw usageError(code::OptionValue, std::string(info.name) + " " + text + ": an empty item");
      items.push_back(text.substr(begin, i - begin));
      begin = i + 1;
    }
  }

  static bool startsPair(std::string_view text) {
    size_t end = text.find_first_of("=,");
    return end != text.npos && text[end] == '=' && end > 0 && text.substr(0, end).find_first_of("/ ") == text.npos;
  }

  const std::vector<std::string> &words;
  size_t at = 0;
  Arguments out;
};

Arguments parse(const CommandInfo &command, const std::vector<std::string> &words) {
  return Parser(command, words).parse();
}

std::string Arguments::text(const std::string &option, const std::string &otherwise) const {
  auto found = values.find(option);
  return found == values.end() || found->second.empty() ? otherwise : found->second.front();
}

int64_t Arguments::integer(const std::string &option, int64_t otherwise, int64_t min, int64_t max) const {
  if (!has(option))
    return otherwise;
  int64_t value = 0;
  std::string given = text(option);
  if (!parseNumber(given, value) || value < min || value > max)
    throw usageError(code::OptionValue, option + " needs a whole number from " + std::to_string(min) +
                                            (max == INT64_MAX ? " on" : " to " + std::to_string(max)) + ", not " +
                                            symc::quoted(given));
  return value;
}

uint64_t Arguments::seed() const {
  uint64_t value = 0;
  if (has("--seed") && !parseNumber(text("--seed"), value))
    throw usageError(code::OptionValue,
                     "--seed needs a whole number from 0 to 2^64-1, not " + symc::quoted(text("--seed")));
  return value;
}

double Arguments::fraction(const std::string &option) const {
  double value = 0;
  if (has(option) && (!parseNumber(text(option), value) || !(value > 0 && value < 1)))
    throw usageError(code::OptionValue, option + " needs a number between 0 and 1, not " + symc::quoted(text(option)));
  return value;
}

double Arguments::rate(const std::string &option) const {
  double value = 0;
  if (!parseNumber(text(option), value) || !std::isfinite(value) || value < 0)
    throw usageError(code::OptionValue, option + " needs a number from 0 on, not " + symc::quoted(text(option)));
  return value;
}

char Arguments::delimiter() const {
  std::string given = text("--delimiter", ",");
  if (given == "tab" || given == "\\t" || given == "\t")
    return '\t';
  char c = given[0];
  bool isOther = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || strchr("\"+-._", c);
  if (given.size() != 1 || c < ' ' || c > '~' || isOther)
    throw usageError(code::OptionValue,
                     "--delimiter is one of ; , : | tab or another sign, not " + symc::quoted(given));
  return c;
}

std::string Arguments::choice(const std::string &option, const std::vector<std::string> &words,
                              const std::string &otherwise) const {
  std::string given = text(option, otherwise);
  if (given == otherwise || std::find(words.begin(), words.end(), given) != words.end())
    return given;
  std::string all;
  for (const std::string &word : words)
    all += (all.empty() ? "" : " ") + word;
  throw usageError(code::OptionValue, option + " is one of: " + all + "; not " + symc::quoted(given), "",
                   suggest(given, words));
}

std::vector<std::string> Arguments::list(const std::string &option) const {
  auto found = values.find(option);
  return found == values.end() ? std::vector<std::string>() : found->second;
}

std::vector<std::pair<std::string, std::string>> Arguments::pairs(const std::string &option) const {
  std::vector<std::pair<std::string, std::string>> items;
  for (const std::string &item : list(option)) {
    size_t equals = item.find('=');
    if (equals == item.npos || equals == 0 || equals + 1 == item.size())
      throw usageError(code::OptionValue, option + " needs NAME=VALUE, not " + symc::quoted(item));
    items.emplace_back(item.substr(0, equals), item.substr(equals + 1));
  }
  return items;
}

host::DimValues Arguments::dims() const {
  host::DimValues dims;
  for (const auto &[name, text] : pairs("--dim")) {
    int64_t value = 0;
    if (!parseNumber(text, value) || value < 0)
      throw usageError(code::OptionValue,
                       "--dim " + name + " needs a whole number from 0 on, not " + symc::quoted(text));
    if (!dims.emplace(name, value).second)
      throw usageError(code::RepeatedOption, "--dim gives " + symc::quoted(name) + " twice");
  }
  return dims;
}

std::vector<const OptionInfo *> Arguments::given() const {
  std::vector<const OptionInfo *> found;
  for (const OptionInfo &option : options())
    if ((option.commands & command->set) && has(option.name))
      found.push_back(&option);
  return found;
}

double parseScale(const std::string &option, const std::string &text) {
  size_t slash = text.find('/');
  double numerator = 0, denominator = 1;
  bool good = parseNumber(std::string_view(text).substr(0, slash), numerator);
  if (slash != text.npos)
    good &= parseNumber(std::string_view(text).substr(slash + 1), denominator);
  double value = numerator / denominator;
  if (!good || !std::isfinite(value) || value == 0)
    throw usageError(code::OptionValue, option + " needs a number or a quotient like 1/255, not " + symc::quoted(text));
  return value;
}

} // namespace symc::cli
