//===- Target.h - From an LLVM module to a library -------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_TARGET_TARGET_H
#define SYMC_TARGET_TARGET_H

#include "lib/Lowering/ModelDescription.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"

namespace symc {

/// An instruction set to compile for. Any `--cpu` is reduced to a microarchitecture level and the few features beyond
/// it that the runtime tests when a library is loaded, so that compiled code never uses more than was tested.
struct CpuTarget {
  std::string name;          // as given; "native" is resolved to LLVM's name
  std::string triple;        // normalized
  std::string level;         // LLVM's target-cpu: "x86-64", "x86-64-v2", "-v3" or "-v4"
  std::string features;      // LLVM's target-features beyond the level: "+avx512vnni"
  uint64_t featureBits = 0;  // SYMC_CPU_* of lib/Support/Program.h
  unsigned vectorBits = 128; // 128, 256 or 512
  bool hasFma = false;
};

/// `cpu` is "native", a level or a name that LLVM knows; `triple` may be empty (this machine's). An unknown name is an
/// error that lists what is known.
llvm::Expected<CpuTarget> resolveCpu(llvm::StringRef triple, llvm::StringRef cpu);

/// The code for one CPU. Only @body_*, @sizes_* and the constants of the description are looked at by name; all else
/// in the module may be called anything.
struct Variant {
  CpuTarget cpu;
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
std::string emitManifest(const ModelDescription &model, const std::vector<CpuTarget> &cpus);

} // namespace symc

#endif // SYMC_TARGET_TARGET_H
