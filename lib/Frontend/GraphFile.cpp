//===- GraphFile.cpp - A graph file as a text -----------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Frontend/Import.h"

#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace mlir;
using namespace symc;

namespace {
/// Why a file is not read.
struct Refusal {
  std::string_view code;
  std::string why;
  std::string hint;
};
} // namespace

/// Places in a text are counted with 32 bits, of which one is left for differences.
static constexpr size_t sizeLimit = (size_t(1) << 31) - 1;

/// The first bytes, which tell a file that is no text.
static constexpr size_t beginning = 1024;

static Refusal tooLarge() { return {code::FileTooLarge, "it has 2 GiB or more", ""}; }

/// Why a file with these bytes at its beginning is no text.
static std::optional<Refusal> refuseBinary(StringRef begin) {
  if (begin.starts_with("\x7f"
                        "ELF"))
    return Refusal{code::JsonSyntax, "it is compiled code, not a graph file", "`symc inspect` reads libraries"};
  // A text in another encoding has bytes of 0 as well: after its first character or its mark, or up to three before.
  bool mayBeText = StringRef("{ \t\r\n\xef\xfe\xff").contains(begin.front()) ||
                   (begin.front() == 0 && !begin.starts_with(StringRef("\0\0\0\0", 4)));
  if (begin.contains('\0') && !mayBeText)
    return Refusal{code::JsonSyntax, "it is a binary file, not a graph file", ""};
  return std::nullopt;
}

/// Reads on until the text has `size` bytes or the file ends.
static std::optional<Refusal> readUpTo(int descriptor, size_t size, std::string &text) {
  while (text.size() < size) {
    size_t have = text.size();
    text.resize(size);
    ssize_t got = read(descriptor, text.data() + have, size - have);
    int error = errno;
    text.resize(have + std::max<ssize_t>(got, 0));
    if (got < 0 && error != EINTR)
      return Refusal{code::FileUnreadable, strerror(error), ""};
    if (got == 0)
      break;
  }
  return std::nullopt;
}

/// All bytes, unless the first ones say that the others are of no use; `expected` is how many there probably are.
static std::optional<Refusal> readAll(int descriptor, size_t expected, std::string &text) {
  if (std::optional<Refusal> refusal = readUpTo(descriptor, beginning, text))
    return refusal;
  if (!text.empty())
    if (std::optional<Refusal> refusal = refuseBinary(text))
      return refusal;
  constexpr size_t chunk = 1 << 16;
  for (size_t size = std::max(expected, beginning) + 1;; size += chunk) {
    if (std::optional<Refusal> refusal = readUpTo(descriptor, std::min(size, sizeLimit + 1), text))
      return refusal;
    if (text.size() > sizeLimit)
      return tooLarge();
    if (text.size() < size)
      return std::nullopt;
  }
}

static std::optional<Refusal> readFile(const std::string &path, std::string &text) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0)
    return Refusal{code::FileUnreadable, strerror(errno), ""};
  if (!S_ISREG(info.st_mode))
    return Refusal{code::FileUnreadable, S_ISDIR(info.st_mode) ? "it is a directory" : "it is not a regular file", ""};
  size_t expected = static_cast<size_t>(std::max<off_t>(info.st_size, 0));
  if (expected > sizeLimit)
    return tooLarge();
  int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    return Refusal{code::FileUnreadable, strerror(errno), ""};
  std::optional<Refusal> refusal = readAll(descriptor, expected, text);
  close(descriptor);
  return refusal;
}

std::optional<std::string> symc::readGraphFile(StringRef path, Diagnostics &diagnostics) {
  std::string text;
  std::optional<Refusal> refusal = readFile(path.str(), text);
  if (!refusal)
    return text;
  symc::Diagnostic d;
  d.code = refusal->code;
  d.file = path.str();
  d.message = "cannot read " + quoted({path.data(), path.size()}, 4096) + ": " + refusal->why;
  d.hint = refusal->hint;
  diagnostics.report(std::move(d));
  return std::nullopt;
}
