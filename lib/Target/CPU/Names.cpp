//===- Names.cpp - C names of a model's functions and arguments ----------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Target/CPU/Names.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

using namespace llvm;
using namespace symc;

namespace {
/// Keywords of C11, C23 and C++20, their alternative tokens, and names of macros and types that the header's own
/// includes, or compilers, define in lower case and that isCMacro does not know.
constexpr StringLiteral reservedWords =
    "alignas alignof and and_eq asm auto bitand bitor bool break case catch char char8_t char16_t char32_t class "
    "co_await co_return co_yield compl concept const const_cast consteval constexpr constinit continue decltype "
    "default delete do double dynamic_cast else enum explicit export extern false float for friend fortran goto "
    "if import inline int int8_t int16_t int32_t int64_t intmax_t intptr_t long max_align_t module mutable "
    "namespace new noexcept not not_eq nullptr nullptr_t offsetof operator or or_eq private protected ptrdiff_t "
    "public register reinterpret_cast requires restrict return short signed size_t sizeof static static_assert "
    "static_cast struct switch template this thread_local throw true try typedef typeid typename typeof "
    "typeof_unqual uint8_t uint16_t uint32_t uint64_t uintmax_t uintptr_t union unsigned using virtual void "
    "volatile wchar_t while xor xor_eq DLTensor i386 near far assert imaginary";

bool isReserved(StringRef name) {
  static const StringSet<> words = [] {
    StringSet<> set;
    for (StringRef word : split(reservedWords, ' '))
      set.insert(word);
    return set;
  }();
  // The implementation's own names; the limits of <stdint.h>; a model's enumerators are in capitals too.
  bool capitals = none_of(name, [](char c) { return c >= 'a' && c <= 'z'; }) && name.contains('_');
  return words.contains(name) || isCMacro(name) || name.starts_with("__") || capitals ||
         (name.size() > 1 && name[0] == '_' && isUpper(name[1]));
}

/// Keeps the names of one parameter list apart.
class NameList {
public:
  explicit NameList(StringRef model) {
    taken.insert(instanceName(model));
    taken.insert(model);
  }

  void add(StringRef name) {
    std::string valid;
    for (char c : name)
      valid += isAlnum(c) ? c : '_';
    if (valid.empty() || isDigit(valid[0]))
      valid.insert(valid.begin(), '_');
    if (isReserved(valid))
      valid += '_';
    while (!taken.insert(valid).second)
      valid += '_';
    names.push_back(valid);
  }

  std::vector<std::string> names;

private:
  StringSet<> taken;
};
} // namespace

std::vector<std::string> symc::parameterNames(const ModelDescription &model, const FunctionDescription &function) {
  NameList list(model.name);
  for (int32_t dim : function.dims)
    list.add(model.dims[dim].name);
  for (const ArgumentDescription &input : function.inputs)
    list.add(input.name);
  for (const ArgumentDescription &output : typedOutputs(function))
    list.add(output.name);
  return std::move(list.names);
}

std::vector<std::string> symc::reserveNames(const ModelDescription &model) {
  NameList list(model.name);
  for (const DimDescription &dim : model.dims)
    list.add(dim.name);
  return std::move(list.names);
}
