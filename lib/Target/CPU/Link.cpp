//===- Link.cpp - From objects to a library ------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// With lld in this process, against stubs of the C library (runtime/stubs) that are
// part of the compiler, like the runtime itself. Inputs are files in memory.
//
//===----------------------------------------------------------------------===//
#include "lib/Target/CPU/Stages.h"
#include "lld/Common/Driver.h"
#include "llvm/ObjCopy/ConfigManager.h"
#include "llvm/ObjCopy/ObjCopy.h"
#include "llvm/Object/ArchiveWriter.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include <mutex>
#include <sys/mman.h>
#include <unistd.h>

LLD_HAS_DRIVER(elf)

extern "C" {
extern const char symc_embedded_runtime_begin[], symc_embedded_runtime_end[];
extern const char symc_embedded_c_begin[], symc_embedded_c_end[];
extern const char symc_embedded_m_begin[], symc_embedded_m_end[];
extern const char symc_embedded_pthread_begin[], symc_embedded_pthread_end[];
}

using namespace llvm;
using namespace symc;

namespace {
/// A file that other code of this process can open by a path, and of which nothing is left, whatever happens: it has no
/// name, unless the system lacks /proc.
class MemoryFile {
public:
  static Expected<MemoryFile> make(StringRef content) {
    MemoryFile file;
    if (std::error_code code = file.open())
      return errorCodeToError(code);
    while (!content.empty()) {
      ssize_t written = write(file.descriptor, content.data(), content.size());
      if (written < 0 && errno == EINTR)
        continue;
      if (written < 0)
        return errorCodeToError(std::error_code(errno, std::generic_category()));
      content = content.drop_front(static_cast<size_t>(written));
    }
    return std::move(file);
  }
  MemoryFile(MemoryFile &&other)
      : descriptor(std::exchange(other.descriptor, -1)), name(std::exchange(other.name, {})), named(other.named) {}
  ~MemoryFile() {
    if (descriptor < 0)
      return;
    close(descriptor);
    if (named)
      sys::fs::remove(name);
  }
  const std::string &path() const { return name; }

private:
  MemoryFile() = default;
  std::error_code open() {
    named = !sys::fs::exists("/proc/self/fd");
    if (named) {
      SmallString<128> path;
      std::error_code code = sys::fs::createTemporaryFile("symc", "o", descriptor, path);
      name = path.str();
      return code;
    }
    descriptor = memfd_create("symc", MFD_CLOEXEC);
    if (descriptor < 0)
      return std::error_code(errno, std::generic_category());
    name = "/proc/self/fd/" + std::to_string(descriptor);
    return {};
  }

  int descriptor = -1;
  std::string name;
  bool named = false;
};

Error runLinker(ArrayRef<std::string> arguments) {
  // lld keeps its state in globals.
  static std::mutex mutex;
  std::lock_guard<std::mutex> lock(mutex);
  SmallVector<const char *> pointers;
  for (const std::string &argument : arguments)
    pointers.push_back(argument.c_str());
  std::string said;
  raw_string_ostream os(said);
  lld::Result result = lld::lldMain(pointers, os, os, {{lld::Gnu, &lld::elf::link}});
  if (result.retCode == 0)
    return Error::success();
  return createStringError("the linker failed: " + StringRef(said).trim().str());
}

/// `ld -r`, then what is hidden becomes local: two models in one program do not meet.
Expected<ByteVector> linkObject(std::vector<std::string> arguments, StringRef path) {
  std::string whole = (path + ".r").str();
  arguments.insert(arguments.end(), {"-r", "--force-group-allocation", "-o", whole});
  Error failed = runLinker(arguments);
  auto buffer = failed ? nullptr : MemoryBuffer::getFile(whole, false, /*RequiresNullTerminator=*/false);
  sys::fs::remove(whole);
  if (failed)
    return std::move(failed);
  if (!buffer)
    return errorCodeToError(buffer.getError());
  Expected<std::unique_ptr<object::Binary>> binary = object::createBinary(**buffer);
  if (!binary)
    return binary.takeError();
  objcopy::ConfigManager config;
  config.ELF.LocalizeHidden = true;
  ByteVector out;
  raw_svector_ostream os(out);
  if (Error error = objcopy::executeObjcopyOnBinary(config, **binary, os))
    return std::move(error);
  return out;
}

Error writeFile(StringRef path, StringRef content) {
  std::error_code code;
  raw_fd_ostream os(path, code);
  if (code)
    return createFileError(path, code);
  os << content;
  os.close();
  if (os.has_error()) {
    code = os.error();
    os.clear_error();
    return createFileError(path, code);
  }
  return Error::success();
}
} // namespace

Error symc::link(LinkKind kind, ArrayRef<ByteVector> objects, StringRef path, StringRef soname) {
  std::vector<MemoryFile> files;
  auto add = [&](StringRef content) -> Error {
    Expected<MemoryFile> file = MemoryFile::make(content);
    if (!file)
      return file.takeError();
    files.push_back(std::move(*file));
    return Error::success();
  };
  for (const ByteVector &object : objects)
    if (Error error = add(StringRef(object.data(), object.size())))
      return error;
  auto embedded = [](const char *begin, const char *end) { return StringRef(begin, end - begin); };
  if (Error error = add(embedded(symc_embedded_runtime_begin, symc_embedded_runtime_end)))
    return error;

  std::vector<std::string> arguments = {"ld.lld", "--threads=1", "--nostdlib"};
  if (kind == LinkKind::SharedLibrary) {
    if (Error error = joinErrors(joinErrors(add(embedded(symc_embedded_c_begin, symc_embedded_c_end)),
                                            add(embedded(symc_embedded_m_begin, symc_embedded_m_end))),
                                 add(embedded(symc_embedded_pthread_begin, symc_embedded_pthread_end))))
      return error;
    // Kernel names stay in the symbol table, for profilers.
    for (const char *flag : {"-shared", "-z", "defs", "-z", "now", "-z", "relro", "-z", "noexecstack", "--as-needed",
                             "--hash-style=gnu", "--build-id=none", "--gc-sections", "--discard-all", "-soname"})
      arguments.push_back(flag);
    arguments.push_back(soname.str());
    arguments.insert(arguments.end(), {"-o", path.str()});
  }
  for (const MemoryFile &file : files)
    arguments.push_back(file.path());
  if (kind == LinkKind::SharedLibrary)
    return runLinker(arguments);

  Expected<ByteVector> object = linkObject(arguments, path);
  if (!object)
    return object.takeError();
  StringRef content(object->data(), object->size());
  if (kind == LinkKind::Object)
    return writeFile(path, content);
  std::string member = (sys::path::stem(soname) + ".o").str();
  NewArchiveMember entry(MemoryBufferRef(content, member));
  Expected<std::unique_ptr<MemoryBuffer>> archive = writeArchiveToBuffer(
      entry, SymtabWritingMode::NormalSymtab, object::Archive::K_GNU, /*Deterministic=*/true, /*Thin=*/false);
  if (!archive)
    return archive.takeError();
  return writeFile(path, (*archive)->getBuffer());
}
