//===- SharedNames.h - Names that the compiler and `symc train` share -----===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_SUPPORT_SHAREDNAMES_H
#define SYMC_SUPPORT_SHAREDNAMES_H

namespace symc {

/// The entry point with the values that are looked at while a model trains: a name that no file can give.
inline constexpr char kWatched[] = "_watched";
/// The codes of texts in data, in the metadata of files of parameters.
inline constexpr char kCategoriesKey[] = "symc.categories";
/// What inputs were multiplied by, in the same place.
inline constexpr char kScaleKey[] = "symc.scale";
/// The metadata of a checkpoint that say where a run stands, as JSON: the codes and factors are members of that.
inline constexpr char kNoteKey[] = "symc.note";

} // namespace symc

#endif // SYMC_SUPPORT_SHAREDNAMES_H
