//===- Npy.cpp - NumPy's .npy format --------------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Versions 1 to 3: magic, version, length of the header, the header (a Python
// dictionary as text), the elements. The header is parsed by a small strict
// grammar; nothing of it is evaluated, and object arrays, which would need
// unpickling, are refused.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/Errors.h"
#include "lib/Host/OutputFile.h"
#include "lib/Host/Tensor.h"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace symc::host {

namespace {

/// The longest header that is read. NumPy's own limit is 10,000 bytes.
constexpr size_t maxHeader = 1 << 16;

class HeaderParser {
public:
  HeaderParser(std::string_view text, const std::string &file) : text(text), file(file) {}

  TensorHeader parse() {
    expect('{');
    bool seen[3] = {};
    while (!accept('}')) {
      std::string key = string();
      expect(':');
      static constexpr std::string_view keys[] = {"descr", "fortran_order", "shape"};
      size_t which = std::find(std::begin(keys), std::end(keys), key) - std::begin(keys);
      if (which == 3)
        fail("has the unknown key " + quoted(key));
      if (seen[which])
        fail("has the key " + quoted(key) + " twice");
      seen[which] = true;
      if (which == 0)
        elementType();
      else if (which == 1)
        header.fortranOrder = boolean();
      else
        shape();
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skipSpace();
    if (at != text.size())
      fail("has text after the closing '}'");
    for (size_t i = 0; i < 3; ++i)
      if (!seen[i])
        fail(std::string("lacks the key '") + (i == 0 ? "descr" : i == 1 ? "fortran_order" : "shape") + "'");
    return header;
  }

private:
  [[noreturn]] void fail(const std::string &what) {
    throw dataError(code::DataFormat, file, "the .npy header " + what);
  }

  void skipSpace() {
    while (at < text.size() && (text[at] == ' ' || text[at] == '\n' || text[at] == '\t' || text[at] == '\r'))
      ++at;
  }
  bool accept(char c) {
    skipSpace();
    if (at >= text.size() || text[at] != c)
      return false;
    ++at;
    return true;
  }
  void expect(char c) {
    if (!accept(c))
      fail(std::string("lacks a '") + c + "' at byte " + std::to_string(at));
  }
  bool acceptWord(std::string_view word) {
    skipSpace();
    if (text.substr(at, word.size()) != word)
      return false;
    at += word.size();
    return true;
  }

  std::string string() {
    skipSpace();
    if (at >= text.size() || (text[at] != '\'' && text[at] != '"'))
      fail("lacks a string at byte " + std::to_string(at));
    char quote = text[at++];
    size_t end = text.find(quote, at);
    if (end == text.npos)
      fail("has a string without end");
    std::string value(text.substr(at, end - at));
    at = end + 1;
    return value;
  }

  bool boolean() {
    if (acceptWord("True"))
      return true;
    if (!acceptWord("False"))
      fail("needs True or False for 'fortran_order'");
    return false;
  }

  void shape() {
    expect('(');
    while (!accept(')')) {
      skipSpace();
      int64_t size = 0;
      auto [end, code] = std::from_chars(text.data() + at, text.data() + text.size(), size);
      if (code != std::errc() || size < 0)
        fail("needs sizes from 0 to 2^63-1 in 'shape'");
      at = end - text.data();
      accept('L'); // Python 2
      header.shape.push_back(size);
      if (header.shape.size() > 32)
        fail("has more than 32 dimensions");
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
  }

  void elementType() {
    skipSpace();
    if (at < text.size() && text[at] == '[')
      throw dataError(code::DataElementType, file, "holds a structured array, which is not supported",
                      "save each field as an array of its own");
    std::string descr = string();
    auto unsupported = [&](const std::string &what) {
      throw dataError(code::DataElementType, file, "has element type " + quoted(descr) + what,
                      "save it as bool, an integer or a floating type of at most 64 bits");
    };
    std::string_view code = descr;
    char order = '|';
    if (!code.empty() && std::string_view("<>=|").find(code[0]) != std::string_view::npos) {
      order = code[0];
      code.remove_prefix(1);
    }
    if (!code.empty() && code[0] == 'O')
      unsupported(" (Python objects); it is never unpickled");
    const auto *found = std::find_if(std::begin(kElementTypes), std::end(kElementTypes),
                                     [&](const ElementTypeInfo &type) { return type.numpy == code; });
    if (code.empty() || found == std::end(kElementTypes))
      unsupported(", which is not supported");
    header.type = static_cast<DataType>(found - kElementTypes);
    header.bigEndian = order == '>' && byteSize(header.type) > 1;
  }

  std::string_view text;
  const std::string &file;
  size_t at = 0;
  TensorHeader header;
};

} // namespace

TensorFile openNpy(std::unique_ptr<ByteSource> source) {
  unsigned char start[8];
  if (source->read(start, 8) != 8 || memcmp(start, "\x93NUMPY", 6) != 0)
    throw dataError(code::DataFormat, source->where, "is not an .npy file");
  int version = start[6];
  if (version < 1 || version > 3)
    throw dataError(code::DataFormat, source->where,
                    "is an .npy file of the unknown version " + std::to_string(version));
  unsigned char bytes[4] = {};
  source->readExactly(bytes, version == 1 ? 2 : 4, "the .npy header");
  size_t length = bytes[0] | bytes[1] << 8 | size_t(bytes[2]) << 16 | size_t(bytes[3]) << 24;
  if (length > maxHeader)
    throw dataError(code::DataFormat, source->where,
                    "declares an .npy header of " + std::to_string(length) + " bytes; at most " +
                        std::to_string(maxHeader) + " are read");
  std::string text(length, '\0');
  source->readExactly(text.data(), length, "the .npy header");
  TensorFile file;
  file.header = HeaderParser(text, source->where).parse();
  file.bytes = std::move(source);
  return file;
}

void writeNpy(const std::string &path, DataType type, const Shape &shape, const void *data) {
  if (type == DataType::BF16) { // NumPy has none; f32 has all its numbers
    std::vector<float> wide(elementCount(shape).value_or(0));
    convert(data, type, wide.data(), DataType::F32, wide.size());
    return writeNpy(path, DataType::F32, shape, wide.data());
  }
  std::string descr = std::string(byteSize(type) == 1 ? "|" : "<") + infoOf(type).numpy;
  std::string header = "{'descr': '" + descr + "', 'fortran_order': False, 'shape': (";
  for (int64_t size : shape)
    header += std::to_string(size) + ", ";
  if (shape.size() > 1)
    header.resize(header.size() - 2); // only one element takes a trailing comma
  header += "), }";
  header.append(63 - (header.size() + 10) % 64, ' ');
  header += '\n';
  OutputFile file(path);
  char start[10] = {'\x93', 'N', 'U', 'M', 'P', 'Y', 1, 0, char(header.size() & 255), char(header.size() >> 8)};
  file.write(start, sizeof start);
  file.write(header.data(), header.size());
  file.write(data, elementCount(shape).value_or(0) * byteSize(type));
  file.commit();
}

} // namespace symc::host
