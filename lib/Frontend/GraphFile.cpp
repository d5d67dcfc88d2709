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

/// All bytes from the descriptor on; `expected` is how many there probably are.
static std::optional<Refusal> readAll(int descriptor, size_t expected, std::string &text) {
  constexpr size_t chunk = 1 << 16;
  while (true) {
    size_t have = text.size(), want = std::min(have == 0 ? expected + 1 : chunk, sizeLimit + 1 - have);
    if (want == 0)
      return Refusal{code::FileTooLarge, "it has 2 GiB or more", ""};
    text.resize(have + want);
    ssize_t got = read(descriptor, text.data() + have, want);
    int error = errno;
    text.resize(have + std::max<ssize_t>(got, 0));
    if (got < 0 && error != EINTR)
      return Refusal{code::FileUnreadable, strerror(error), ""};
    if (got == 0)
      return std::nullopt;
  }
}

static std::optional<Refusal> readFile(const std::string &path, std::string &text) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0)
    return Refusal{code::FileUnreadable, strerror(errno), ""};
  if (!S_ISREG(info.st_mode))
    return Refusal{code::FileUnreadable, S_ISDIR(info.st_mode) ? "it is a directory" : "it is not a regular file", ""};
  int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    return Refusal{code::FileUnreadable, strerror(errno), ""};
  std::optional<Refusal> refusal = readAll(descriptor, static_cast<size_t>(std::max<off_t>(info.st_size, 0)), text);
  close(descriptor);
  if (refusal)
    return refusal;
  StringRef begin = StringRef(text).take_front(1024);
  if (begin.starts_with("\x7f"
                        "ELF"))
    return Refusal{code::JsonSyntax, "it is compiled code, not a graph file", "`symc inspect` reads libraries"};
  // A text in another encoding has bytes of 0 as well, after its first character or its mark.
  if (begin.contains('\0') && !StringRef("{ \t\r\n\xef\xfe\xff").contains(begin.front()) && begin.front() != 0)
    return Refusal{code::JsonSyntax, "it is a binary file, not a graph file", ""};
  return std::nullopt;
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
