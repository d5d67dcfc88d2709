//===- SafetensorsRead.cpp - Weights from a file -------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Strict: what a header says is checked in full before a byte of data is read. Holes,
// overlaps, trailing bytes, duplicates and sizes that do not fit their shape are
// errors that name the tensor.
//
//===----------------------------------------------------------------------===//
#include "lib/Support/NewFile.h"
#include "runtime/Json.h"

using namespace symc::rt;

namespace {
/// Heap sort: in place, and no input makes it slow.
template <typename T, typename Less> void sort(T *items, size_t count, Less less) {
  auto sift = [&](size_t root, size_t size) {
    for (size_t child; (child = 2 * root + 1) < size; root = child) {
      if (child + 1 < size && less(items[child], items[child + 1]))
        ++child;
      if (!less(items[root], items[child]))
        return;
      T item = items[root];
      items[root] = items[child];
      items[child] = item;
    }
  };
  for (size_t i = count / 2; i-- > 0;)
    sift(i, count);
  for (size_t size = count; size > 1;) {
    T item = items[0];
    items[0] = items[--size];
    items[size] = item;
    sift(0, size);
  }
}

/// Room for one more.
template <typename T> bool grow(Scratch<T> &table, size_t used) {
  return used < table.count || table.resize(used < 16 ? 16 : 2 * used);
}

class HeaderParser {
public:
  HeaderParser(SafetensorsFile &file, char *text, size_t size, char *error)
      : file(file), scanner(text, size, error), error(error) {}

  symc_status run() {
    if (!parse() || !checkNames() || !checkLayout())
      return outOfMemory ? SYMC_OUT_OF_MEMORY : SYMC_INVALID_ARGUMENT;
    return SYMC_OK;
  }

private:
  bool noMemory() {
    outOfMemory = true;
    snprintf(error, errorSize, "no memory for its header");
    return false;
  }

  bool parse() {
    bool sawMetadata = false;
    if (!scanner.expect('{'))
      return false;
    if (!scanner.accept('}')) {
      do {
        const char *key;
        if (!scanner.string(&key) || !scanner.expect(':'))
          return false;
        if (strcmp(key, "__metadata__") == 0) {
          if (sawMetadata)
            return scanner.fail("__metadata__ twice");
          sawMetadata = true;
          if (!parseMetadata())
            return false;
        } else if (!parseTensor(key)) {
          return false;
        }
      } while (scanner.accept(','));
      if (!scanner.expect('}'))
        return false;
    }
    return scanner.atEnd() || scanner.fail("something follows the header's object");
  }

  bool parseMetadata() {
    if (!scanner.expect('{'))
      return false;
    if (scanner.accept('}'))
      return true;
    do {
      Metadata entry;
      if (!scanner.string(&entry.key) || !scanner.expect(':') || !scanner.string(&entry.value))
        return false;
      if (!grow(file.metadata, file.metadataCount))
        return noMemory();
      file.metadata[file.metadataCount++] = entry;
    } while (scanner.accept(','));
    return scanner.expect('}');
  }

  bool parseTensor(const char *name) {
    FileTensor tensor = {};
    tensor.name = name;
    size_t shapeAt = file.shapeCount;
    bool seen[3] = {false, false, false};
    if (!scanner.expect('{'))
      return false;
    do {
      const char *key;
      if (!scanner.string(&key) || !scanner.expect(':'))
        return false;
      int which = strcmp(key, "dtype") == 0          ? 0
                  : strcmp(key, "shape") == 0        ? 1
                  : strcmp(key, "data_offsets") == 0 ? 2
                                                     : 3;
      if (which == 3 || seen[which])
        return scanner.fail(which == 3 ? "an unknown key of a tensor" : "a key of a tensor twice");
      seen[which] = true;
      if (which == 0 ? !scanner.string(&tensor.dtype) : which == 1 ? !parseShape(tensor) : !parseOffsets(tensor))
        return false;
    } while (scanner.accept(','));
    if (!scanner.expect('}'))
      return false;
    if (!seen[0] || !seen[1] || !seen[2])
      return scanner.fail("a tensor without dtype, shape or data_offsets");
    if (!checkSize(tensor, shapeAt))
      return false;
    if (!grow(file.tensors, file.tensorCount))
      return noMemory();
    // The table of shapes may still move: an index for now.
    tensor.shape = reinterpret_cast<const int64_t *>(shapeAt);
    file.tensors[file.tensorCount++] = tensor;
    return true;
  }

  bool parseShape(FileTensor &tensor) {
    if (!scanner.expect('['))
      return false;
    if (scanner.accept(']'))
      return true;
    do {
      uint64_t size;
      if (!scanner.integer(&size))
        return false;
      if (++tensor.rank > 32)
        return scanner.fail("more than 32 dimensions");
      if (!grow(file.shapes, file.shapeCount))
        return noMemory();
      file.shapes[file.shapeCount++] = static_cast<int64_t>(size);
    } while (scanner.accept(','));
    return scanner.expect(']');
  }

  bool parseOffsets(FileTensor &tensor) {
    return scanner.expect('[') && scanner.integer(&tensor.begin) && scanner.expect(',') &&
           scanner.integer(&tensor.end) && scanner.expect(']');
  }

  bool checkSize(const FileTensor &tensor, size_t shapeAt) {
    const FileType *type = findFileType(tensor.dtype);
    if (!type) {
      snprintf(error, errorSize, "tensor '%s' has the unknown dtype '%s'", Shown(tensor.name).text,
               Shown(tensor.dtype).text);
      return false;
    }
    const int64_t *shape = file.shapes.data + shapeAt;
    uint64_t bits = type->bits;
    bool overflow = false, empty = false;
    for (int32_t i = 0; i < tensor.rank; ++i)
      empty |= shape[i] == 0;
    for (int32_t i = 0; i < tensor.rank && !empty; ++i)
      overflow |= __builtin_mul_overflow(bits, static_cast<uint64_t>(shape[i]), &bits);
    bits = empty ? 0 : bits;
    if (!overflow && tensor.begin <= tensor.end && tensor.end <= file.dataBytes && bits % 8 == 0 &&
        bits / 8 == tensor.end - tensor.begin)
      return true;
    snprintf(error, errorSize, "tensor '%s', %s%s, has the data_offsets %llu and %llu of %llu bytes",
             Shown(tensor.name).text, type->name, ShownShape(shape, tensor.rank).text,
             static_cast<unsigned long long>(tensor.begin), static_cast<unsigned long long>(tensor.end),
             static_cast<unsigned long long>(file.dataBytes));
    return false;
  }

  bool checkLayout() {
    // A second table, so that the first stays sorted by name.
    Scratch<const FileTensor *> byPlace(file.tensors.allocator);
    if (!byPlace.resize(file.tensorCount))
      return noMemory();
    for (size_t i = 0; i < file.tensorCount; ++i)
      byPlace[i] = &file.tensors[i];
    sort(byPlace.data, file.tensorCount, [](const FileTensor *a, const FileTensor *b) {
      return a->begin != b->begin ? a->begin < b->begin : a->end < b->end;
    });
    uint64_t at = 0;
    for (size_t i = 0; i < file.tensorCount; ++i) {
      const FileTensor &tensor = *byPlace[i];
      if (tensor.begin != at) {
        snprintf(error, errorSize,
                 tensor.begin > at ? "there is a hole of %llu bytes before tensor '%s'"
                                   : "%llu bytes of tensor '%s' overlap another",
                 static_cast<unsigned long long>(tensor.begin > at ? tensor.begin - at : at - tensor.begin),
                 Shown(tensor.name).text);
        return false;
      }
      at = tensor.end;
    }
    if (at == file.dataBytes)
      return true;
    snprintf(error, errorSize, "%llu bytes follow the last tensor",
             static_cast<unsigned long long>(file.dataBytes - at));
    return false;
  }

  bool checkNames() {
    for (size_t i = 0; i < file.tensorCount; ++i)
      file.tensors[i].shape = file.shapes.data + reinterpret_cast<size_t>(file.tensors[i].shape);
    sort(file.tensors.data, file.tensorCount,
         [](const FileTensor &a, const FileTensor &b) { return strcmp(a.name, b.name) < 0; });
    sort(file.metadata.data, file.metadataCount,
         [](const Metadata &a, const Metadata &b) { return strcmp(a.key, b.key) < 0; });
    const char *twice = nullptr;
    for (size_t i = 1; i < file.tensorCount; ++i)
      if (strcmp(file.tensors[i - 1].name, file.tensors[i].name) == 0)
        twice = file.tensors[i].name;
    for (size_t i = 1; i < file.metadataCount; ++i)
      if (strcmp(file.metadata[i - 1].key, file.metadata[i].key) == 0)
        twice = file.metadata[i].key;
    if (twice)
      snprintf(error, errorSize, "'%s' is there twice", Shown(twice).text);
    return !twice;
  }

  SafetensorsFile &file;
  JsonScanner scanner;
  char *error;
  bool outOfMemory = false;
};

/// Reads all of `size` bytes; false at an early end or an error.
bool readAll(int descriptor, void *to, uint64_t size) {
  auto *next = static_cast<char *>(to);
  errno = 0;
  while (size > 0) {
    ssize_t got = read(descriptor, next, size < (1u << 30) ? size : 1u << 30);
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      return false;
    next += got;
    size -= static_cast<uint64_t>(got);
  }
  return true;
}

/// The digits of a checksum in a header as this library writes it. A note cannot look like that: its quotes are
/// escaped.
char *findChecksum(char *header, size_t size) {
  constexpr char behind[] = "\":\"";
  constexpr size_t key = sizeof(checksumKey) - 1, length = 1 + key + sizeof(behind) - 1;
  for (char *at = header; at + length + checksumDigits < header + size; ++at) {
    at = static_cast<char *>(memchr(at, '"', static_cast<size_t>(header + size - at)));
    if (!at || at + length + checksumDigits >= header + size)
      return nullptr;
    if (memcmp(at + 1, checksumKey, key) == 0 && memcmp(at + 1 + key, behind, sizeof(behind) - 1) == 0)
      return at + length;
  }
  return nullptr;
}

symc_status ioError(char *error, const char *path, const char *what) {
  char text[128];
  int number = errno;
  const char *reason = number ? strerror_r(number, text, sizeof(text)) : "it is too short";
  snprintf(error, errorSize, "cannot %s %s: %s", what, Shown(path).text, reason);
  return SYMC_IO_ERROR;
}
} // namespace

size_t symc::rt::utf8Length(const char *text, size_t size) {
  auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  if (size == 0)
    return 0;
  if (byte(0) < 0x80)
    return 1;
  size_t length = byte(0) >= 0xf0 ? 4 : byte(0) >= 0xe0 ? 3 : 2;
  if (byte(0) < 0xc2 || byte(0) > 0xf4 || length > size)
    return 0;
  for (size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xc0) != 0x80)
      return 0;
  // Overlong forms, surrogates and what lies beyond U+10FFFF.
  if ((byte(0) == 0xe0 && byte(1) < 0xa0) || (byte(0) == 0xed && byte(1) >= 0xa0) ||
      (byte(0) == 0xf0 && byte(1) < 0x90) || (byte(0) == 0xf4 && byte(1) >= 0x90))
    return 0;
  return length;
}

symc_status symc::rt::parseHeader(SafetensorsFile &file, char *text, size_t size, char *error) {
  return HeaderParser(file, text, size, error).run();
}

SafetensorsFile::~SafetensorsFile() {
  if (descriptor >= 0)
    close(descriptor);
}

symc_status SafetensorsFile::open(const char *path, char *error) {
  // Opening a device may do something, and opening a FIFO waits for a writer.
  struct stat status;
  bool there = statusOf(path, status);
  if (there && !S_ISREG(status.st_mode)) {
    snprintf(error, errorSize, "cannot read %s: it is %s", Shown(path).text,
             S_ISDIR(status.st_mode) ? "a directory" : "no regular file");
    return SYMC_IO_ERROR;
  }
  if (there)
    descriptor = ::open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0)
    return ioError(error, path, "open");
  off_t size = lseek(descriptor, 0, SEEK_END);
  if (size < 0 || lseek(descriptor, 0, SEEK_SET) < 0)
    return ioError(error, path, "read");
  unsigned char prefix[8];
  if (!readAll(descriptor, prefix, sizeof(prefix)))
    return ioError(error, path, "read");
  uint64_t headerBytes = 0;
  for (int i = 7; i >= 0; --i)
    headerBytes = headerBytes << 8 | prefix[i];
  if (headerBytes > maxHeader || headerBytes > static_cast<uint64_t>(size) - 8) {
    snprintf(error, errorSize, "%s is no safetensors file: it has %lld bytes and says that its header has %llu",
             Shown(path).text, static_cast<long long>(size), static_cast<unsigned long long>(headerBytes));
    return SYMC_INVALID_ARGUMENT;
  }
  dataOffset = 8 + headerBytes;
  dataBytes = static_cast<uint64_t>(size) - dataOffset;
  if (!header.resize(headerBytes)) {
    snprintf(error, errorSize, "no memory for the header of %s", Shown(path).text);
    return SYMC_OUT_OF_MEMORY;
  }
  if (!readAll(descriptor, header.data, headerBytes))
    return ioError(error, path, "read");
  hash.add(prefix, sizeof(prefix));
  if (char *digits = findChecksum(header.data, headerBytes)) {
    hash.add(header.data, static_cast<size_t>(digits - header.data));
    hash.add(checksumZeros, checksumDigits);
    digits += checksumDigits;
    hash.add(digits, headerBytes - static_cast<size_t>(digits - header.data));
  }
  char reason[errorSize];
  symc_status parsed = parseHeader(*this, header.data, headerBytes, reason);
  if (parsed != SYMC_OK)
    snprintf(error, errorSize, "%s is no valid safetensors file: %.800s", Shown(path).text, reason);
  return parsed;
}

FileTensor *SafetensorsFile::find(const char *name) {
  size_t low = 0, high = tensorCount;
  while (low < high) {
    size_t middle = (low + high) / 2;
    int order = strcmp(tensors[middle].name, name);
    if (order == 0)
      return &tensors[middle];
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return nullptr;
}

const char *SafetensorsFile::meta(const char *key) const {
  for (size_t i = 0; i < metadataCount; ++i)
    if (strcmp(metadata.data[i].key, key) == 0)
      return metadata.data[i].value;
  return nullptr;
}

symc_status SafetensorsFile::readTensors(const char *path, char *error) {
  const char *checksum = meta(checksumKey);
  uint64_t wanted = checksum ? dataBytes : 0;
  for (size_t i = 0; i < tensorCount && !checksum; ++i)
    wanted += tensors[i].data ? tensors[i].end - tensors[i].begin : 0;
  Scratch<char> block(header.allocator);
  if (!block.resize(wanted)) {
    snprintf(error, errorSize, "no memory for the %llu bytes of the tensors of %s",
             static_cast<unsigned long long>(wanted), Shown(path).text);
    return SYMC_OUT_OF_MEMORY;
  }
  auto read = [&](char *to, uint64_t begin, uint64_t end) {
    return lseek(descriptor, static_cast<off_t>(dataOffset + begin), SEEK_SET) >= 0 &&
           readAll(descriptor, to, end - begin);
  };
  if (checksum) {
    if (!read(block.data, 0, dataBytes))
      return ioError(error, path, "read");
    hash.add(block.data, dataBytes);
    ChecksumText found(hash.value());
    if (strcmp(found.text, checksum) != 0) {
      snprintf(error, errorSize,
               "%s does not match its checksum: it says %s, and its content gives %s; the file was "
               "damaged or changed after it was written",
               Shown(path).text, Shown(checksum).text, found.text);
      return SYMC_INVALID_ARGUMENT;
    }
  }
  char *next = block.data;
  for (size_t i = 0; i < tensorCount && !checksum; ++i) {
    const FileTensor &tensor = tensors[i];
    if (!tensor.data)
      continue;
    if (!read(next, tensor.begin, tensor.end))
      return ioError(error, path, "read");
    next += tensor.end - tensor.begin;
  }
  // Nothing can fail any more.
  next = block.data;
  for (size_t i = 0; i < tensorCount; ++i) {
    const FileTensor &tensor = tensors[i];
    if (!tensor.data)
      continue;
    uint64_t bytes = tensor.end - tensor.begin;
    const char *from = checksum ? block.data + tensor.begin : next;
    memcpy(tensor.data, from, bytes);
    next += bytes;
    if (strcmp(tensor.dtype, "BOOL") == 0) // code that computes with them counts on 0 and 1
      for (uint64_t j = 0; j < bytes; ++j)
        static_cast<uint8_t *>(tensor.data)[j] = from[j] != 0;
  }
  return SYMC_OK;
}

ChecksumText::ChecksumText(uint64_t value) {
  snprintf(text, sizeof(text), "%016llx", static_cast<unsigned long long>(value));
}
