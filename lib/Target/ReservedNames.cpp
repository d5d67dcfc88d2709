//===- ReservedNames.cpp - Names that a library has already ---------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Target/ReservedNames.h"
#include "lib/Support/Diagnostics.h"
#include "lib/Support/TrainingLog.h"

#include <algorithm>
#include <string>

using namespace symc;

/// Of C11, C23, GNU C and C++20; each is followed by a blank.
static constexpr std::string_view keywords =
    "alignas alignof and and_eq asm atomic_cancel atomic_commit auto bitand bitor bool break case catch char char16_t "
    "char32_t char8_t class co_await co_return co_yield compl concept const const_cast consteval constexpr constinit "
    "continue decltype default delete do double dynamic_cast else enum explicit export extern false float for friend "
    "goto if inline int long mutable namespace new noexcept not not_eq nullptr operator or or_eq private protected "
    "public register reinterpret_cast requires restrict return short signed sizeof static static_assert static_cast "
    "struct switch synchronized template this thread_local throw true try typedef typeid typename typeof "
    "typeof_unqual union unsigned using virtual void volatile wchar_t while xor xor_eq _Alignas _Alignof _Atomic _Bool "
    "_Complex _Generic _Imaginary _Noreturn _Static_assert _Thread_local ";

/// Headers of C23 that others include: a NAME.h beside them would be taken for these. Each is followed by a blank.
static constexpr std::string_view cHeaders =
    "stdalign stdarg stdatomic stdbit stdbool stdckdint stddef stdint stdio stdlib stdnoreturn ";

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

/// The statuses of the header, behind the model's name in capitals; each is followed by a blank.
static constexpr std::string_view statuses =
    "OK INVALID_ARGUMENT OUT_OF_MEMORY IO_ERROR UNSUPPORTED CHECK_FAILED INTERNAL ";

/// What `include/symc` declares; each is followed by a blank.
static constexpr std::string_view ownNames =
    "symc_argument symc_array symc_compile_options symc_compiler_about symc_compiler_info symc_diagnostic symc_dim "
    "symc_examination symc_formula_options symc_function symc_instance symc_model symc_note symc_opt_level "
    "symc_options symc_outcome symc_parameter symc_place symc_question symc_result symc_result_destroy symc_session "
    "symc_session_check symc_session_compile symc_session_create symc_session_destroy symc_session_differentiate "
    "symc_session_examine symc_session_options symc_severity symc_status ";

/// Functions and data that are linked into a model, hidden: their names may grow from one version to the next.
static bool isLinkedName(std::string_view symbol) {
  for (std::string_view prefix : {"symc_rt_", "symc_k_", "symc_slot_data_"})
    if (symbol.substr(0, prefix.size()) == prefix)
      return true;
  return false;
}

/// Whose name a type or function of the header would have.
static std::optional<NameHolder> symbolHolder(std::string_view symbol) {
  if (isOneOf(keywords, symbol))
    return NameHolder{code::ForbiddenModelName, "a keyword of C or C++"};
  if (isCLibraryName(symbol))
    return NameHolder{code::ForbiddenModelName, "a name of the C or POSIX library"};
  if (isOneOf(ownNames, symbol) || isLinkedName(symbol))
    return NameHolder{code::ForbiddenModelName, "a name of symc's own"};
  return std::nullopt;
}

static std::optional<NameHolder> modelName(std::string_view name) {
  if (isOneOf(keywords, name))
    return NameHolder{code::BadModelName, "a keyword of C or C++"};
  if (std::optional<NameHolder> holder = symbolHolder(name))
    return holder;
  if (isOneOf(cHeaders, name))
    return NameHolder{code::ForbiddenModelName, "that of a header of C, instead of which its own would be included"};
  for (std::string_view rest = generated; !rest.empty(); rest.remove_prefix(rest.find(' ') + 1))
    if (symbolHolder(std::string(name) + "_" + std::string(rest.substr(0, rest.find(' ')))))
      return NameHolder{code::ForbiddenModelName, "the beginning of names that C, POSIX or symc have"};
  return std::nullopt;
}

static std::optional<NameHolder> entryPointName(std::string_view name) {
  if (isOneOf(generated, name))
    return NameHolder{code::ReservedName, "a generated function"};
  return std::nullopt;
}

static std::optional<NameHolder> functionName(std::string_view model, std::string_view entryPoint) {
  std::string symbol = std::string(model) + "_" + std::string(entryPoint);
  if (std::optional<NameHolder> holder = symbolHolder(symbol))
    return holder;
  // Of a model in capitals; a status that is a macro elsewhere has one '_' more (lib/Target/CPU/Header.cpp).
  auto isSmall = [](char c) { return c >= 'a' && c <= 'z'; };
  std::string_view status = entryPoint.substr(0, entryPoint.size() - (entryPoint.back() == '_'));
  if (std::none_of(model.begin(), model.end(), isSmall) && isOneOf(statuses, status))
    return NameHolder{code::ReservedName, "a status of the header"};
  if (symbol == "SYMC_MODEL_" + std::string(model) + "_H")
    return NameHolder{code::ReservedName, "the include guard of the header"};
  return std::nullopt;
}

static std::optional<NameHolder> metricName(std::string_view name) {
  if (isLogColumn(name))
    return NameHolder{code::MetricName, "a column of the training log"};
  return std::nullopt;
}

ReservedNames symc::reservedNames() { return {modelName, entryPointName, functionName, metricName}; }
