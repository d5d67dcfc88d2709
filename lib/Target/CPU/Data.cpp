//===- Data.cpp - Constants as an object file ----------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Target/CPU/Stages.h"
#include "llvm/BinaryFormat/ELF.h"
#include "llvm/Support/MathExtras.h"

using namespace llvm;
using namespace symc;

namespace {
/// One section of read-only data with hidden symbols in it: a relocatable ELF file for x86-64.
class DataObject {
public:
  void add(std::string symbol, std::string_view bytes, unsigned alignment) {
    dataSize = alignTo(dataSize, alignment);
    items.push_back({std::move(symbol), bytes, dataSize});
    dataSize += bytes.size();
  }
  bool empty() const { return items.empty(); }

  ByteVector write() {
    enum { Null, Data, Symbols, Strings, SectionNames, Stack, Count };
    const char names[] = "\0.rodata\0.symtab\0.strtab\0.shstrtab\0.note.GNU-stack";
    std::string strings(1, '\0');
    std::vector<ELF::Elf64_Sym> symbols(1);
    for (const Item &item : items) {
      ELF::Elf64_Sym symbol = {};
      symbol.st_name = strings.size();
      symbol.setBindingAndType(ELF::STB_GLOBAL, ELF::STT_OBJECT);
      symbol.st_other = ELF::STV_HIDDEN;
      symbol.st_shndx = Data;
      symbol.st_value = item.offset;
      symbol.st_size = item.bytes.size();
      symbols.push_back(symbol);
      strings += item.symbol + '\0';
    }

    ELF::Elf64_Shdr sections[Count] = {};
    uint64_t at = 64; // the header
    auto place = [&](unsigned index, unsigned name, unsigned type, uint64_t flags, uint64_t size, uint64_t alignment) {
      at = alignTo(at, alignment);
      ELF::Elf64_Shdr &section = sections[index];
      section.sh_name = name;
      section.sh_type = type;
      section.sh_flags = flags;
      section.sh_offset = at;
      section.sh_size = size;
      section.sh_addralign = alignment;
      at += size;
    };
    place(Data, 1, ELF::SHT_PROGBITS, ELF::SHF_ALLOC, dataSize, 64);
    place(Symbols, 9, ELF::SHT_SYMTAB, 0, symbols.size() * sizeof(symbols[0]), 8);
    place(Strings, 17, ELF::SHT_STRTAB, 0, strings.size(), 1);
    place(SectionNames, 25, ELF::SHT_STRTAB, 0, sizeof(names), 1);
    place(Stack, 35, ELF::SHT_PROGBITS, 0, 0, 1);
    sections[Symbols].sh_link = Strings;
    sections[Symbols].sh_info = 1; // the first global symbol
    sections[Symbols].sh_entsize = sizeof(symbols[0]);

    ELF::Elf64_Ehdr header = {};
    memcpy(header.e_ident, ELF::ElfMagic, 4);
    header.e_ident[ELF::EI_CLASS] = ELF::ELFCLASS64;
    header.e_ident[ELF::EI_DATA] = ELF::ELFDATA2LSB;
    header.e_ident[ELF::EI_VERSION] = ELF::EV_CURRENT;
    header.e_type = ELF::ET_REL;
    header.e_machine = ELF::EM_X86_64;
    header.e_version = ELF::EV_CURRENT;
    header.e_shoff = alignTo(at, 8);
    header.e_ehsize = sizeof(header);
    header.e_shentsize = sizeof(sections[0]);
    header.e_shnum = Count;
    header.e_shstrndx = SectionNames;

    ByteVector out(header.e_shoff + sizeof(sections), 0);
    auto put = [&](uint64_t offset, const void *bytes, size_t size) {
      if (size)
        memcpy(out.data() + offset, bytes, size);
    };
    put(0, &header, sizeof(header));
    for (const Item &item : items)
      put(sections[Data].sh_offset + item.offset, item.bytes.data(), item.bytes.size());
    put(sections[Symbols].sh_offset, symbols.data(), symbols.size() * sizeof(symbols[0]));
    put(sections[Strings].sh_offset, strings.data(), strings.size());
    put(sections[SectionNames].sh_offset, names, sizeof(names));
    put(header.e_shoff, sections, sizeof(sections));
    return out;
  }

private:
  struct Item {
    std::string symbol;
    std::string_view bytes;
    uint64_t offset;
  };
  std::vector<Item> items;
  uint64_t dataSize = 0;
};
} // namespace

Expected<ByteVector> symc::makeDataObject(const ModelDescription &model) {
  DataObject object;
  for (const ConstantDescription &constant : model.constants)
    object.add(constant.symbol, constant.data.data, std::max(constant.alignment, 1u));
  size_t index = 0;
  for (const std::vector<SlotDescription> *slots : {&model.parameters, &model.state})
    for (const SlotDescription &slot : *slots) {
      if (slot.init == InitKind::Data) {
        uint64_t bytes = byteSize(slot.element);
        for (int64_t size : slot.shape)
          bytes *= static_cast<uint64_t>(size);
        if (slot.data.data.size() != bytes)
          return createStringError("the initial value of '" + slot.name + "' has " +
                                   std::to_string(slot.data.data.size()) + " bytes, not " + std::to_string(bytes));
        object.add(slotDataSymbol(index), slot.data.data, 64);
      }
      ++index;
    }
  return object.empty() ? ByteVector() : object.write();
}
