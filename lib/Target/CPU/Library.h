//===- Library.h - From LLVM modules to a library ----------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_TARGET_CPU_LIBRARY_H
#define SYMC_TARGET_CPU_LIBRARY_H

#include "lib/Lowering/ModelDescription.h"
#include "lib/Target/CPU/Cpu.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/raw_ostream.h"

namespace symc {

/// The code for one CPU. Only @body_*, @sizes_* and the constants of the description are looked at by name; all else
/// in the module may be called anything.
struct Variant {
  Cpu cpu;
  std::unique_ptr<llvm::Module> module;
  /// The buffers of each function where they are not those of the description: kernels for another instruction set may
  /// want other scratch memory.
  std::vector<std::vector<BufferDescription>> buffers = {};
};

struct EmitOptions {
  unsigned optLevel = 2;   // 0 to 3, of code generation
  bool writeHeader = true; // NAME.h beside the library
  unsigned jobs = 0;       // threads for code generation; 0: all. The result does not depend on it.
};

/// Writes `outputPath`: an archive for a name that ends in `.a`, an object for `.o`, else a shared library; and the
/// header in the same directory. Every file is written to a temporary name and renamed.
llvm::Error emitLibrary(std::vector<Variant> variants, const ModelDescription &model, const EmitOptions &options,
                        llvm::StringRef outputPath);

/// Where the header goes: beside the library, called as the model.
std::string headerPath(llvm::StringRef outputPath, const ModelDescription &model);

/// The same code as text, for `--emit`: the last stage before the tables of the model and the runtime are added.
llvm::Error emitAssembly(Variant variant, const EmitOptions &options, llvm::raw_ostream &os);
llvm::Error emitObject(Variant variant, const EmitOptions &options, llvm::raw_ostream &os);

/// The generated C header and the manifest of a library for these CPUs.
std::string emitHeader(const ModelDescription &model);
std::string emitManifest(const ModelDescription &model, const std::vector<Cpu> &cpus);

} // namespace symc

#endif // SYMC_TARGET_CPU_LIBRARY_H
