//===- ReservedNames.cpp - Names that a library has already ---------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Target/ReservedNames.h"
#include "lib/Support/Diagnostics.h"
#include "lib/Support/TrainingLog.h"

using namespace symc;

/// Of C11 and C++20; each is followed by a blank.
static constexpr std::string_view keywords =
    "alignas alignof and and_eq asm atomic_cancel atomic_commit auto bitand bitor bool break case catch char char16_t "
    "char32_t char8_t class co_await co_return co_yield compl concept const const_cast consteval constexpr constinit "
    "continue decltype default delete do double dynamic_cast else enum explicit export extern false float for friend "
    "goto if inline int long mutable namespace new noexcept not not_eq nullptr operator or or_eq private protected "
    "public register reinterpret_cast requires restrict return short signed sizeof static static_assert static_cast "
    "struct switch synchronized template this thread_local throw true try typedef typeid typename union unsigned "
    "using virtual void volatile wchar_t while xor xor_eq _Alignas _Alignof _Atomic _Bool _Complex _Generic "
    "_Imaginary _Noreturn _Static_assert _Thread_local ";

/// What a header declares for every model behind `NAME_`; each is followed by a blank.
static constexpr std::string_view generated =
    "options_default create destroy initialize load_parameters save_parameters save_state load_state error parameter "
    "reserve share_parameters reset predict loss gradients train_step evaluate model options status ";

bool symc::isOneOf(std::string_view words, std::string_view name) {
  for (size_t at = words.find(name); at != words.npos; at = words.find(name, at + 1))
    if ((at == 0 || words[at - 1] == ' ') && words[at + name.size()] == ' ')
      return true;
  return false;
}

static std::optional<NameHolder> modelName(std::string_view name) {
  if (isOneOf(keywords, name))
    return NameHolder{code::BadModelName, "a keyword of C or C++"};
  if (isCLibraryName(name))
    return NameHolder{code::ForbiddenModelName, "a name of the C or POSIX library"};
  return std::nullopt;
}

static std::optional<NameHolder> entryPointName(std::string_view name) {
  if (isOneOf(generated, name))
    return NameHolder{code::ReservedName, "a generated function"};
  return std::nullopt;
}

static std::optional<NameHolder> metricName(std::string_view name) {
  if (isLogColumn(name))
    return NameHolder{code::MetricName, "a column of the training log"};
  return std::nullopt;
}

ReservedNames symc::reservedNames() { return {modelName, entryPointName, metricName}; }
