//===- KeptTexts.h - What files of parameters say of their data ------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_SUPPORT_KEPTTEXTS_H
#define SYMC_SUPPORT_KEPTTEXTS_H

#include "lib/Support/Json.h"
#include "lib/Support/Safetensors.h"
#include "lib/Support/SharedNames.h"

namespace symc {

/// What the metadata of a file have under the key or, of a checkpoint, whose keys are its own, its note.
inline std::optional<std::string> keptText(const rt::SafetensorsFile &file, const char *key) {
  if (const char *text = file.meta(key))
    return text;
  const char *note = file.meta(kNoteKey);
  return note ? jsonMember(note, key) : std::nullopt;
}

} // namespace symc

#endif // SYMC_SUPPORT_KEPTTEXTS_H
