//===- Library.cpp - All steps from modules to files ---------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Support/LibraryChecksum.h"
#include "lib/Support/NewFile.h"
#include "lib/Target/CPU/Stages.h"
#include "llvm/Support/CRC.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SmallVectorMemoryBuffer.h"
#include <csignal>

using namespace llvm;
using namespace symc;

namespace {
/// While it lives, signals that would end the process wait: between the first byte of a file and its final name a kill
/// would leave the temporary one.
class SignalsWait {
public:
  SignalsWait() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
  }
  SignalsWait(const SignalsWait &) = delete;
  ~SignalsWait() { pthread_sigmask(SIG_SETMASK, &before, nullptr); }

private:
  sigset_t before;
};

/// A result of the compiler: NewFile, with errors that name the path as it was given.
class ResultFile {
public:
  Error open(StringRef givenPath, mode_t mode = 0666) {
    path = givenPath.str();
    return file.openFile(path.c_str(), mode) ? Error::success() : failure();
  }
  Error write(StringRef content) { return file.write(content.data(), content.size()) ? Error::success() : failure(); }
  /// The same graph gives the same file again, so that nothing waits for the disk.
  Error commit() { return file.commit(/*waitForDisk=*/false) ? Error::success() : failure(); }

private:
  Error failure() const { return createFileError(path, std::error_code(errno, std::generic_category())); }

  NewFile file;
  std::string path;
};

/// What the system lacked, with the file that could not be made for it.
Error atPath(Error error, StringRef path) {
  return handleErrors(std::move(error), [&](std::unique_ptr<ECError> cause) -> Error {
    return createFileError(path, cause->convertToErrorCode());
  });
}

Error checkWritable(StringRef path) { return ResultFile().open(path); }

/// The last bytes of a library tell a damaged one: see lib/Support/LibraryChecksum.h.
void appendChecksum(ByteVector &bytes) {
  LibraryChecksum checksum = {LibraryChecksum::mark,
                              crc32(arrayRefFromStringRef(StringRef(bytes.data(), bytes.size()))), bytes.size()};
  const char *begin = reinterpret_cast<const char *>(&checksum);
  bytes.append(begin, begin + sizeof checksum);
}

Expected<std::vector<ByteVector>> compileVariant(Variant variant, size_t index, const EmitOptions &options,
                                                 function_ref<void(Module &)> extend) {
  Expected<std::unique_ptr<TargetMachine>> machine = makeTargetMachine(variant.cpu, options);
  if (!machine)
    return machine.takeError();
  if (Error error = prepareModule(variant, index, **machine))
    return std::move(error);
  optimizeModule(*variant.module, **machine, options.optLevel);
  extend(*variant.module);
  return generateObjects(std::move(variant.module), variant.cpu, index, **machine, options);
}

Error emitText(Variant variant, const EmitOptions &options, CodeGenFileType type, raw_ostream &os) {
  Expected<std::unique_ptr<TargetMachine>> machine = makeTargetMachine(variant.cpu, options);
  if (!machine)
    return machine.takeError();
  if (Error error = prepareModule(variant, 0, **machine))
    return error;
  optimizeModule(*variant.module, **machine, options.optLevel);
  ByteVector bytes;
  raw_svector_ostream stream(bytes);
  if (Error error = generateCode(*variant.module, **machine, type, stream))
    return error;
  os << StringRef(bytes.data(), bytes.size());
  return Error::success();
}

Error checkModel(const ModelDescription &model, const Module &module) {
  for (const FunctionDescription &function : model.functions)
    for (const std::string &symbol : {"body_" + function.name, "sizes_" + function.name})
      if (const Function *code = module.getFunction(symbol); !code || code->isDeclaration())
        return createStringError("internal error: the module has no function " + symbol);
  return Error::success();
}
} // namespace

std::string symc::headerPath(StringRef outputPath, const ModelDescription &model) {
  SmallString<256> path(sys::path::parent_path(outputPath));
  sys::path::append(path, model.name + ".h");
  return path.str().str();
}

Error symc::emitLibrary(std::vector<Variant> variants, const ModelDescription &model, const EmitOptions &options,
                        StringRef outputPath) {
  // The best first: create takes the first that the CPU can run.
  llvm::sort(variants, [](const Variant &a, const Variant &b) {
    auto key = [](const Cpu &cpu) { return std::make_tuple(cpu.vectorBits, popcount(cpu.featureBits)); };
    return key(a.cpu) != key(b.cpu) ? key(a.cpu) > key(b.cpu) : a.cpu.name < b.cpu.name;
  });
  std::vector<Cpu> cpus;
  std::vector<std::vector<std::vector<BufferDescription>>> buffers;
  for (const Variant &variant : variants) {
    cpus.push_back(variant.cpu);
    buffers.push_back(variant.buffers);
    if (Error error = checkModel(model, *variant.module))
      return error;
  }

  // Where the results go is found out before the work.
  if (Error error = checkWritable(outputPath))
    return error;
  Expected<ByteVector> data = makeDataObject(model);
  if (!data)
    return data.takeError();
  std::vector<ByteVector> objects;
  for (size_t i = 0; i < variants.size(); ++i) {
    auto code = compileVariant(std::move(variants[i]), i, options, [&](Module &module) {
      if (i == 0)
        addDescriptor(module, model, cpus, buffers);
    });
    if (!code)
      return code.takeError();
    std::move(code->begin(), code->end(), std::back_inserter(objects));
  }
  if (!data->empty())
    objects.push_back(std::move(*data));

  StringRef name = sys::path::filename(outputPath);
  LinkKind kind = name.ends_with(".o")   ? LinkKind::Object
                  : name.ends_with(".a") ? LinkKind::Archive
                                         : LinkKind::SharedLibrary;
  Expected<ByteVector> linked = link(kind, objects, name);
  if (!linked)
    return atPath(linked.takeError(), outputPath);
  if (kind == LinkKind::SharedLibrary)
    appendChecksum(*linked);
  SignalsWait wait;
  ResultFile library, header;
  if (Error error = library.open(outputPath, kind == LinkKind::SharedLibrary ? 0777 : 0666))
    return error;
  if (Error error = library.write(StringRef(linked->data(), linked->size())))
    return error;
  // Both are complete before either has its name.
  if (options.writeHeader) {
    if (Error error = header.open(headerPath(outputPath, model)))
      return error;
    if (Error error = header.write(emitHeader(model)))
      return error;
  }
  if (Error error = library.commit())
    return error;
  return options.writeHeader ? header.commit() : Error::success();
}

Error symc::emitAssembly(Variant variant, const EmitOptions &options, raw_ostream &os) {
  return emitText(std::move(variant), options, CodeGenFileType::AssemblyFile, os);
}

Error symc::emitObject(Variant variant, const EmitOptions &options, raw_ostream &os) {
  return emitText(std::move(variant), options, CodeGenFileType::ObjectFile, os);
}
