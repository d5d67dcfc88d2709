//===- Link.cpp - From objects to a library ------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// With lld in this process, against stubs of the C library (runtime/stubs) that are
// part of the compiler, like the runtime itself. Inputs are files in memory, and the
// result comes through a pipe: lld would map a file, and die where the disk is full.
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
#include <fcntl.h>
#include <mutex>
#include <sys/mman.h>
#include <sys/stat.h>
#include <thread>
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

/// What other code of this process writes to a path, collected in memory by a thread of its own.
class Collector {
public:
  static Expected<std::unique_ptr<Collector>> make() {
    std::unique_ptr<Collector> collector(new Collector);
    if (std::error_code code = collector->open())
      return errorCodeToError(code);
    collector->thread = std::thread([c = collector.get()] { c->collect(); });
    return std::move(collector);
  }
  Collector(const Collector &) = delete;
  ~Collector() {
    finish();
    if (reading >= 0)
      close(reading);
    if (named) {
      sys::fs::remove(name);
      sys::fs::remove(sys::path::parent_path(name));
    }
  }
  const std::string &path() const { return name; }

  /// All that was written. Writers must have closed the path.
  ByteVector take() {
    finish();
    return std::move(bytes);
  }

private:
  Collector() = default;
  static std::error_code lastError() { return std::error_code(errno, std::generic_category()); }

  std::error_code open() {
    int ends[2];
    named = !sys::fs::exists("/proc/self/fd");
    if (!named) {
      if (pipe2(ends, O_CLOEXEC) != 0)
        return lastError();
      reading = ends[0];
      writing = ends[1];
      name = "/proc/self/fd/" + std::to_string(writing);
      return {};
    }
    SmallString<128> folder;
    if (std::error_code code = sys::fs::createUniqueDirectory("symc", folder))
      return code;
    sys::path::append(folder, "library");
    name = folder.str();
    if (mkfifo(name.c_str(), 0600) != 0 || (reading = ::open(name.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)) < 0 ||
        (writing = ::open(name.c_str(), O_WRONLY | O_CLOEXEC)) < 0 || fcntl(reading, F_SETFL, 0) != 0)
      return lastError();
    return {};
  }

  void collect() {
    while (true) {
      size_t before = bytes.size(), room = std::max<size_t>(before, 1 << 16);
      bytes.resize_for_overwrite(before + room);
      ssize_t got = read(reading, bytes.data() + before, room);
      bytes.truncate(before + std::max<ssize_t>(got, 0));
      if (got == 0 || (got < 0 && errno != EINTR))
        return;
    }
  }

  void finish() {
    if (writing >= 0)
      close(std::exchange(writing, -1));
    if (thread.joinable())
      thread.join();
  }

  int reading = -1, writing = -1;
  std::string name;
  bool named = false;
  ByteVector bytes;
  std::thread thread;
};

Expected<ByteVector> runLinker(std::vector<std::string> arguments) {
  // lld keeps its state in globals.
  static std::mutex mutex;
  std::lock_guard<std::mutex> lock(mutex);
  Expected<std::unique_ptr<Collector>> output = Collector::make();
  if (!output)
    return output.takeError();
  arguments.insert(arguments.end(), {"-o", (*output)->path()});
  SmallVector<const char *> pointers;
  for (const std::string &argument : arguments)
    pointers.push_back(argument.c_str());
  std::string said;
  raw_string_ostream os(said);
  lld::Result result = lld::lldMain(pointers, os, os, {{lld::Gnu, &lld::elf::link}});
  if (result.retCode == 0)
    return (*output)->take();
  // It says in words what the system lacks.
  for (std::errc lacking : {std::errc::too_many_files_open, std::errc::too_many_files_open_in_system})
    if (StringRef(said).contains(std::make_error_code(lacking).message()))
      return errorCodeToError(std::make_error_code(lacking));
  return createStringError("the linker failed: " + StringRef(said).trim().str());
}

/// `ld -r`, then what is hidden becomes local: two models in one program do not meet.
Expected<ByteVector> linkObject(std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), {"-r", "--force-group-allocation"});
  Expected<ByteVector> whole = runLinker(std::move(arguments));
  if (!whole)
    return whole.takeError();
  Expected<std::unique_ptr<object::Binary>> binary =
      object::createBinary(MemoryBufferRef(StringRef(whole->data(), whole->size()), "model.o"));
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
} // namespace

Expected<ByteVector> symc::link(LinkKind kind, ArrayRef<ByteVector> objects, StringRef soname) {
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
      return std::move(error);
  auto embedded = [](const char *begin, const char *end) { return StringRef(begin, end - begin); };
  if (Error error = add(embedded(symc_embedded_runtime_begin, symc_embedded_runtime_end)))
    return std::move(error);

  std::vector<std::string> arguments = {"ld.lld", "--threads=1", "--nostdlib"};
  if (kind == LinkKind::SharedLibrary) {
    if (Error error = joinErrors(joinErrors(add(embedded(symc_embedded_c_begin, symc_embedded_c_end)),
                                            add(embedded(symc_embedded_m_begin, symc_embedded_m_end))),
                                 add(embedded(symc_embedded_pthread_begin, symc_embedded_pthread_end))))
      return std::move(error);
    // Kernel names stay in the symbol table, for profilers.
    for (const char *flag : {"-shared", "-z", "defs", "-z", "now", "-z", "relro", "-z", "noexecstack", "--as-needed",
                             "--hash-style=gnu", "--build-id=none", "--gc-sections", "--discard-all", "-soname"})
      arguments.push_back(flag);
    arguments.push_back(soname.str());
  }
  for (const MemoryFile &file : files)
    arguments.push_back(file.path());
  if (kind == LinkKind::SharedLibrary)
    return runLinker(std::move(arguments));

  Expected<ByteVector> object = linkObject(std::move(arguments));
  if (!object || kind == LinkKind::Object)
    return object;
  std::string member = (sys::path::stem(soname) + ".o").str();
  NewArchiveMember entry(MemoryBufferRef(StringRef(object->data(), object->size()), member));
  Expected<std::unique_ptr<MemoryBuffer>> archive = writeArchiveToBuffer(
      entry, SymtabWritingMode::NormalSymtab, object::Archive::K_GNU, /*Deterministic=*/true, /*Thin=*/false);
  if (!archive)
    return archive.takeError();
  StringRef content = (*archive)->getBuffer();
  return ByteVector(content.begin(), content.end());
}
