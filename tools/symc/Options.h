//===- Options.h - The commands and options of `symc` ---------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// One table of commands and one of options: parsing, help and suggestions come
// from them. Values are checked for their form here and for their meaning where
// they are used.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_TOOLS_SYMC_OPTIONS_H
#define SYMC_TOOLS_SYMC_OPTIONS_H

#include "lib/Host/Errors.h"
#include "lib/Host/Library.h"

#include <map>
#include <string>
#include <vector>

namespace symc::cli {

/// Sets of commands, for the option table.
enum CommandSet : unsigned {
  Compile = 1,
  Run = 2,
  Train = 4,
  Eval = 8,
  Grad = 16,
  Check = 32,
  Inspect = 64,
  Bench = 128,
  Bisect = 256,
  Compiling = Compile | Run | Train | Eval | Bench | Bisect, // may compile
  Reading = Run | Train | Eval | Bisect,                     // read data
  Executing = Reading | Bench,                               // call a model
  Every = 511
};

struct CommandInfo {
  CommandSet set;
  const char *name;
  const char *arguments; // "M.json -o libM.so"
  const char *summary;
  const char *example;
};

struct OptionInfo {
  const char *name;  // "--seed"
  const char *value; // "S", or NULL for a flag
  bool list;         // commas and repetition
  unsigned commands; // CommandSet
  const char *help;
  bool compileTime;             // shapes what is compiled: meaningless for a library
  const char *needs = nullptr;  // an option without which this one says nothing
  const char *target = nullptr; // the one that reads it, where others may not
};

const std::vector<CommandInfo> &commands();
const std::vector<OptionInfo> &options();
const CommandInfo *findCommand(std::string_view name);

/// A parsed command line.
class Arguments {
public:
  const CommandInfo *command = nullptr;
  std::string file;
  bool help = false;

  bool has(const std::string &option) const { return values.count(option); }
  /// The value of an option that takes one; `otherwise` when it is not given.
  std::string text(const std::string &option, const std::string &otherwise = {}) const;
  int64_t integer(const std::string &option, int64_t otherwise, int64_t min, int64_t max) const;
  uint64_t seed() const;
  double fraction(const std::string &option) const;
  /// A finite number that is not negative.
  double rate(const std::string &option) const;
  /// --delimiter: one byte that is no part of a number, a name or a quoted text.
  char delimiter() const;
  /// One of several words; wrong ones get a suggestion.
  std::string choice(const std::string &option, const std::vector<std::string> &words,
                     const std::string &otherwise) const;
  std::vector<std::string> list(const std::string &option) const;
  /// `name=value` items in the order given.
  std::vector<std::pair<std::string, std::string>> pairs(const std::string &option) const;
  host::DimValues dims() const;
  /// The options that were given, by name.
  std::vector<const OptionInfo *> given() const;

private:
  std::map<std::string, std::vector<std::string>> values;
  friend class Parser;
};

/// Throws host::Error for wrong usage. `words` are the arguments after the command's name.
Arguments parse(const CommandInfo &command, const std::vector<std::string> &words);

/// A number or a quotient of two: "0.5", "1/255".
double parseScale(const std::string &option, const std::string &text);

std::string shortHelp();
std::string commandHelp(const CommandInfo &command);

/// The error for a word that is no command.
host::Error unknownCommand(const std::string &word);

} // namespace symc::cli

#endif // SYMC_TOOLS_SYMC_OPTIONS_H
