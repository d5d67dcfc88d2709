//===- ElfSymbols.cpp - The exported names of a library, unrun ------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The name of a model is needed to find its reflection entry, and a file that is
// no library of symc must be refused before its constructors run. So the symbol
// table is read from the file first.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/ByteSource.h"
#include "lib/Host/Library.h"
#include "lib/Support/LibraryChecksum.h"

#include <cstring>
#include <elf.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

namespace symc::host {

namespace {

/// The file, mapped; every access is checked against its size.
class ElfFile {
public:
  explicit ElfFile(const std::string &path) : path(path), file(openRegularFile(path)) {
    struct stat status;
    fstat(file, &status);
    size = status.st_size;
    if (size)
      bytes = static_cast<const char *>(mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0));
    if (bytes == MAP_FAILED)
      bytes = nullptr;
  }
  ElfFile(const ElfFile &) = delete;
  ~ElfFile() {
    if (bytes)
      munmap(const_cast<char *>(bytes), size);
    close(file);
  }

  std::set<std::string> symbols() const {
    if (!bytes || size < SELFMAG || memcmp(bytes, ELFMAG, SELFMAG))
      throw dataError(code::NotALibrary, path, "is neither a graph file nor a shared library",
                      "a graph file ends in .json, a library is what `symc compile` writes");
    Elf64_Ehdr header;
    read(&header, 0, 0);
    if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB || header.e_machine != machine)
      throw dataError(code::LibraryMachine, path, "was compiled for another kind of processor",
                      "compile the graph for this machine");
    if (header.e_type != ET_DYN)
      throw dataError(code::NotALibrary, path, "is an object file or a program, not a shared library",
                      "`symc compile M.json -o libM.so` writes a library");
    if (header.e_shentsize != sizeof(Elf64_Shdr))
      damaged();
    checkChecksum();
    std::set<std::string> names;
    for (size_t i = 0; i < header.e_shnum; ++i) {
      Elf64_Shdr section;
      read(&section, header.e_shoff, i);
      if (section.sh_type == SHT_DYNSYM)
        addNames(section, header, names);
    }
    return names;
  }

private:
#if defined(__x86_64__)
  static constexpr int machine = EM_X86_64;
#elif defined(__aarch64__)
  static constexpr int machine = EM_AARCH64;
#else
#error "the machine's ELF number is not known"
#endif

  [[noreturn]] void damaged() const { throw dataError(code::NotALibrary, path, "is a damaged library"); }

  void checkChecksum() const {
    LibraryChecksum checksum;
    uint64_t rest = size - sizeof checksum; // the header of an ELF file is longer
    memcpy(&checksum, bytes + rest, sizeof checksum);
    if (checksum.magic == LibraryChecksum::mark &&
        (checksum.size != rest || checksum.crc != crc32_z(0, reinterpret_cast<const Bytef *>(bytes), rest)))
      damaged();
  }

  /// Reads element `index` of an array of T that begins at `offset`.
  template <typename T> void read(T *out, uint64_t offset, uint64_t index) const {
    if (offset > size || index >= (size - offset) / sizeof(T))
      damaged();
    memcpy(out, bytes + offset + index * sizeof(T), sizeof(T));
  }

  void addNames(const Elf64_Shdr &table, const Elf64_Ehdr &header, std::set<std::string> &names) const {
    Elf64_Shdr strings;
    if (table.sh_link >= header.e_shnum)
      damaged();
    read(&strings, header.e_shoff, table.sh_link);
    if (strings.sh_offset > size || strings.sh_size > size - strings.sh_offset)
      damaged();
    std::string_view text(bytes + strings.sh_offset, strings.sh_size);
    for (uint64_t i = 0; i < table.sh_size / sizeof(Elf64_Sym); ++i) {
      Elf64_Sym symbol;
      read(&symbol, table.sh_offset, i);
      if (symbol.st_shndx == SHN_UNDEF || symbol.st_name >= text.size())
        continue;
      std::string_view name = text.substr(symbol.st_name);
      size_t end = name.find('\0');
      if (end == name.npos)
        damaged();
      names.emplace(name.substr(0, end));
    }
  }

  const std::string &path;
  int file;
  size_t size = 0;
  const char *bytes = nullptr;
};

} // namespace

std::set<std::string> exportedSymbols(const std::string &path) { return ElfFile(path).symbols(); }

} // namespace symc::host
