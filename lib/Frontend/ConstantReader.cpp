//===- ConstantReader.cpp - Values and files of constants -----------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A constant's numbers stand in the graph file or in a safetensors file below its folder. Nothing of such a file is
// trusted: its path, its kind, the length of its header, and every tensor's place are checked before data is read.
//
//===----------------------------------------------------------------------===//

#include "lib/Frontend/ImportContext.h"
#include "lib/Support/Safetensors.h"
#include "lib/Support/Suggest.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/Error.h"
#include <algorithm>
#include <cmath>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

using namespace mlir;
using namespace symc;
namespace fs = std::filesystem;

static ElementsAttr denseOf(RankedTensorType type, ArrayRef<char> bytes) {
  if (type.getNumElements() == 0)
    return DenseElementsAttr::get(type, ArrayRef<Attribute>());
  if (type.getElementType().isInteger(1)) {
    SmallVector<bool> bits;
    for (char byte : bytes)
      bits.push_back(byte != 0);
    return DenseElementsAttr::get(type, ArrayRef<bool>(bits));
  }
  return DenseElementsAttr::getFromRawBuffer(type, bytes);
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

namespace {

class ValueReader {
public:
  ValueReader(ImportContext &context, RankedTensorType type, ElementType element)
      : context(context), type(type), element(element) {}

  ElementsAttr read(const JsonValue &value) {
    if (!readAxis(value, 0) || !good)
      return {};
    return denseOf(type, bytes);
  }

private:
  bool readAxis(const JsonValue &value, int64_t axis);
  void readNumber(const JsonValue &value);
  template <typename T> void append(T number) {
    const char *raw = reinterpret_cast<const char *>(&number);
    bytes.insert(bytes.end(), raw, raw + sizeof number);
  }

  ImportContext &context;
  RankedTensorType type;
  ElementType element;
  std::vector<char> bytes;
  bool good = true;
};

} // namespace

void ValueReader::readNumber(const JsonValue &value) {
  auto refuse = [&](const std::string &why, std::string hint = "") {
    good = false;
    if (!value.is(JsonValue::Bad))
      context.report.error(value.range, code::ConstantValue, quoted(context.textOf(value.range)) + why,
                           std::move(hint));
  };
  if (element == ElementType::Bool) {
    if (!value.is(JsonValue::Bool))
      return refuse(" is not a value of bool", "true and false are");
    return append<char>(value.boolean);
  }
  if (!value.is(JsonValue::Number))
    return refuse(" is not a number", value.is(JsonValue::Array) ? "the lists nest deeper than the shape" : "");
  std::string name = infoOf(element).name;
  if (isStoredNarrow(element)) { // from the text: a double may lie between two numbers by its own rounding
    llvm::APFloat number(cast<FloatType>(type.getElementType()).getFloatSemantics());
    auto status = number.convertFromString(ref(context.textOf(value.range)), llvm::APFloat::rmNearestTiesToEven);
    if (!status || number.isInfinity()) {
      llvm::consumeError(status.takeError());
      return refuse(" is too large for " + name);
    }
    return append(static_cast<uint16_t>(number.bitcastToAPInt().getZExtValue()));
  }
  if (isFloating(element)) {
    double number = value.number();
    if (element == ElementType::F64)
      return append(number);
    if (!std::isfinite(static_cast<float>(number)))
      return refuse(" is too large for " + name);
    return append(static_cast<float>(number));
  }
  APInt number; // of 64 bits and a sign, and what u64 has beyond
  bool isUnsigned = infoOf(element).kind == NumberKind::Unsigned;
  unsigned bits = 8 * byteSize(element);
  uint64_t large;
  if (value.isInteger())
    number = APInt(65, value.integer, /*isSigned=*/true);
  else if (value.integral && !ref(context.textOf(value.range)).getAsInteger(10, large))
    number = APInt(65, large);
  bool fits = (value.isInteger() || value.integral) && number.getBitWidth() == 65 &&
              (isUnsigned ? number.isIntN(bits) : number.isSignedIntN(bits));
  if (!fits)
    return refuse(" is not a value of " + name,
                  value.integral ? "" : "integers are written without fraction and exponent");
  uint64_t low = number.trunc(64).getZExtValue();
  bytes.insert(bytes.end(), reinterpret_cast<const char *>(&low),
               reinterpret_cast<const char *>(&low) + byteSize(element));
}

/// The lists nest as deep as the type has axes (at most 32), so recursion is bounded.
bool ValueReader::readAxis(const JsonValue &value, int64_t axis) {
  if (axis == type.getRank()) {
    readNumber(value);
    return true;
  }
  auto refuse = [&](std::string message) {
    if (!value.is(JsonValue::Bad))
      context.report.error(value.range, code::ConstantShape, std::move(message));
    return false;
  };
  int64_t size = type.getDimSize(axis);
  if (!value.is(JsonValue::Array))
    return refuse("the value of " + printType(type) + " has " + std::string(kindName(value)) + " where a list of " +
                  std::to_string(size) + " is expected");
  if (static_cast<int64_t>(value.count) != size)
    return refuse("the value of " + printType(type) + " has a list of " + std::to_string(value.count) +
                  " where one of " + std::to_string(size) + " is expected");
  for (const JsonValue &item : value.items())
    if (!readAxis(item, axis + 1))
      return false;
  return true;
}

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

namespace {

/// An open file; read in whole pieces.
struct File {
  int descriptor = -1;
  uint64_t size = 0;
  ~File() {
    if (descriptor >= 0)
      close(descriptor);
  }
  bool read(uint64_t offset, char *out, uint64_t count) const {
    while (count) {
      ssize_t got = pread(descriptor, out, std::min<uint64_t>(count, 1 << 30), static_cast<off_t>(offset));
      if (got <= 0)
        return false;
      offset += got;
      out += got;
      count -= got;
    }
    return true;
  }
};

class FileReader {
public:
  FileReader(ImportContext &context, const TensorDecl &decl, RankedTensorType type, StringRef folder)
      : context(context), decl(decl), type(type), folder(folder), path(decl.file->string()) {}

  ElementsAttr read() {
    if (!openFile() || !readHeader())
      return {};
    return readTensor();
  }

private:
  bool refuse(std::string_view code, std::string message, std::string hint = "") {
    context.report.error(decl.file->range, code, std::move(message), std::move(hint));
    return false;
  }
  bool malformed(std::string why) {
    return refuse(code::ConstantFormat, quoted(path) + " is not a safetensors file: " + std::move(why));
  }
  bool openFile();
  bool readHeader();
  bool readEntry(const JsonMember &member);
  ElementsAttr readTensor();

  struct Entry {
    std::string_view name;
    std::string dtype;
    std::vector<int64_t> shape;
    uint64_t begin, end;
  };

  ImportContext &context;
  const TensorDecl &decl;
  RankedTensorType type;
  std::string folder;
  std::string_view path;
  File file;
  std::string header;
  std::unique_ptr<SourceText> headerSource;
  std::unique_ptr<JsonDocument> document;
  std::vector<Entry> entries;
  uint64_t dataBegin = 0;
};

} // namespace

bool FileReader::openFile() {
  std::string name = quoted(path);
  if (path.empty() || path[0] == '/')
    return refuse(code::ConstantPath,
                  path.empty() ? "the path of the file is empty" : "the path " + name + " is absolute",
                  "a path is relative to the folder of the graph file");
  for (size_t begin = 0; begin <= path.size();) {
    size_t end = std::min(path.find('/', begin), path.size());
    if (path.substr(begin, end - begin) == "..")
      return refuse(code::ConstantPath, "the path " + name + " has a segment '..'",
                    "a constant's file lies in the folder of the graph file");
    begin = end + 1;
  }
  std::error_code status;
  fs::path base = fs::canonical(folder.empty() ? fs::path(".") : fs::path(folder), status);
  fs::path target = status ? fs::path() : fs::canonical(base / std::string(path), status);
  if (status)
    return refuse(code::ConstantFile, "cannot read " + name + ": " + status.message());
  auto mismatch = std::mismatch(base.begin(), base.end(), target.begin(), target.end());
  if (mismatch.first != base.end())
    return refuse(code::ConstantPath, "the file " + name + " lies outside the folder of the graph file",
                  "symbolic links are followed");
  struct stat info;
  if (stat(target.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) // a pipe or device would block or never end
    return refuse(code::ConstantFile, name + " is not a regular file");
  file.descriptor = open(target.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file.descriptor < 0 || fstat(file.descriptor, &info) != 0 || !S_ISREG(info.st_mode))
    return refuse(code::ConstantFile, "cannot read " + name + ": " + std::string(strerror(errno)));
  file.size = static_cast<uint64_t>(info.st_size);
  return true;
}

bool FileReader::readEntry(const JsonMember &member) {
  std::string said = "the tensor " + quoted(member.key);
  const JsonMember *dtype = member.value.find("dtype"), *shape = member.value.find("shape"),
                   *offsets = member.value.find("data_offsets");
  if (!dtype || !dtype->value.is(JsonValue::String) || !shape || !shape->value.is(JsonValue::Array) || !offsets ||
      offsets->value.items().size() != 2 || member.value.count != 3)
    return malformed(said + " lacks dtype, shape or data_offsets");
  Entry entry{member.key, std::string(dtype->value.string()), {}, 0, 0};
  const rt::FileType *stored = rt::findFileType(entry.dtype.c_str());
  if (!stored)
    return malformed(said + " has the unknown dtype " + symc::quoted(entry.dtype));
  uint64_t bits = stored->bits;
  for (const JsonValue &size : shape->value.items()) {
    if (!size.isInteger() || size.integer < 0 ||
        __builtin_mul_overflow(bits, static_cast<uint64_t>(size.integer), &bits))
      return malformed(said + " has a bad shape");
    entry.shape.push_back(size.integer);
  }
  if (bits % 8 != 0)
    return malformed(said + " has no whole number of bytes");
  uint64_t bytes = bits / 8;
  for (const JsonValue &offset : offsets->value.items())
    if (!offset.isInteger() || offset.integer < 0)
      return malformed(said + " has bad data_offsets");
  entry.begin = offsets->value.items()[0].integer;
  entry.end = offsets->value.items()[1].integer;
  if (entry.end < entry.begin || entry.end - entry.begin != bytes)
    return malformed("the data_offsets of " + said.substr(4) + " do not give its " + std::to_string(bytes) + " bytes");
  if (entry.end > file.size - dataBegin)
    return malformed(said + " lies past the end of the file");
  entries.push_back(std::move(entry));
  return true;
}

bool FileReader::readHeader() {
  char length[8];
  if (file.size < 8 || !file.read(0, length, 8))
    return malformed("it has no header");
  uint64_t size = llvm::support::endian::read64le(length);
  if (size > rt::maxHeader || size > file.size - 8)
    return malformed("its header has " + std::to_string(size) + " bytes");
  header.resize(size);
  if (!file.read(8, header.data(), size))
    return malformed("its header cannot be read");
  dataBegin = 8 + size;
  headerSource = std::make_unique<SourceText>(std::string(path), header);
  Diagnostics mistakes;
  document = readJson(*headerSource, mistakes);
  if (!document || mistakes.hasErrors())
    return malformed("its header is not JSON" +
                     (mistakes.all().empty() ? std::string() : " (" + mistakes.all()[0].message + ")"));
  if (!document->root.is(JsonValue::Object))
    return malformed("its header is not an object");
  for (const JsonMember &member : document->root.members()) {
    if (member.key == "__metadata__")
      continue;
    if (!readEntry(member))
      return false;
  }
  std::vector<const Entry *> order;
  for (const Entry &entry : entries)
    order.push_back(&entry);
  std::sort(order.begin(), order.end(),
            [](const Entry *a, const Entry *b) { return std::tie(a->begin, a->end) < std::tie(b->begin, b->end); });
  uint64_t at = 0;
  for (const Entry *entry : order) {
    if (entry->begin != at)
      return malformed("there is " + std::string(entry->begin < at ? "an overlap" : "a hole") + " before the tensor " +
                       quoted(entry->name));
    at = entry->end;
  }
  if (at != file.size - dataBegin)
    return malformed("there are bytes after the last tensor");
  return true;
}

ElementsAttr FileReader::readTensor() {
  std::string_view key = decl.key->string();
  const Entry *found = nullptr;
  for (const Entry &entry : entries)
    if (entry.name == key)
      found = &entry;
  if (!found) {
    Suggestion nearest(key);
    if (context.report.hasRoom())
      for (const Entry &entry : entries)
        nearest.consider(entry.name);
    reportUnknown(context.report, decl.key->range, code::ConstantTensor, quoted(path) + " has no tensor " + quoted(key),
                  nearest.best());
    return {};
  }
  std::string wanted = infoOf(decl.type->element).safetensors, shape;
  for (int64_t size : found->shape)
    shape += (shape.empty() ? "" : ", ") + std::to_string(size);
  if (wanted != found->dtype || ArrayRef(found->shape) != type.getShape()) {
    context.report.error(decl.typeValue->range, code::ConstantTensor,
                         "the tensor " + quoted(key) + " of " + quoted(path) + " is " + printable(found->dtype) + "[" +
                             printable(shape) + "], not " + printType(type));
    return {};
  }
  std::vector<char> bytes(found->end - found->begin);
  if (!file.read(dataBegin + found->begin, bytes.data(), bytes.size())) {
    refuse(code::ConstantFile, "cannot read " + quoted(path));
    return {};
  }
  return denseOf(type, bytes);
}

ElementsAttr symc::readConstant(ImportContext &context, const TensorDecl &decl, StringRef folder) {
  RankedTensorType type = context.tensorType(*decl.type);
  if (decl.file)
    return FileReader(context, decl, type, folder).read();
  return ValueReader(context, type, decl.type->element).read(*decl.value);
}
