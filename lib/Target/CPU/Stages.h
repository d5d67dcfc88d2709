//===- Stages.h - The steps from a module to a file ----------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_TARGET_CPU_STAGES_H
#define SYMC_TARGET_CPU_STAGES_H

#include "lib/Target/CPU/Library.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Target/TargetMachine.h"

namespace symc {

using ByteVector = llvm::SmallVector<char, 0>;

//===- Descriptor.cpp -------------------------------------------------------===//

/// Adds the model's tables, its typed functions and all other exported ones to the module of the best variant.
/// `bodies` are the symbols of the functions' code, one list a variant.
/// `buffers` has an entry a CPU: the buffers of its functions; empty where they are those of the model.
void addDescriptor(llvm::Module &module, const ModelDescription &model, llvm::ArrayRef<Cpu> cpus,
                   llvm::ArrayRef<std::vector<std::vector<BufferDescription>>> buffers);

/// Names of a function's code in objects: no name of C, which a model's own functions could have too. Only variant 0
/// has sizes.
std::string bodySymbol(llvm::StringRef function, size_t variant);
std::string sizesSymbol(llvm::StringRef function, size_t variant);
/// Of the data of slot `index`, in the object of makeDataObject.
std::string slotDataSymbol(size_t index);

//===- Data.cpp -------------------------------------------------------------===//

/// An object that holds the graph's constants and embedded parameters; empty when there are none. It does not go
/// through LLVM, which would copy the bytes several times.
llvm::Expected<ByteVector> makeDataObject(const ModelDescription &model);

//===- Object.cpp -----------------------------------------------------------===//

llvm::Expected<std::unique_ptr<llvm::TargetMachine>> makeTargetMachine(const Cpu &cpu, const EmitOptions &options);

/// Renames the code of a variant, hides everything and sets each function's instruction set.
llvm::Error prepareModule(Variant &variant, size_t index, llvm::TargetMachine &machine);
void optimizeModule(llvm::Module &module, llvm::TargetMachine &machine, unsigned level);
llvm::Error generateCode(llvm::Module &module, llvm::TargetMachine &machine, llvm::CodeGenFileType type,
                         llvm::raw_pwrite_stream &os);

//===- Parallel.cpp ---------------------------------------------------------===//

/// The module's code as one or several objects, generated on several threads. How it is divided depends on the module
/// alone, so that the result does not depend on the machine.
llvm::Expected<std::vector<ByteVector>> generateObjects(std::unique_ptr<llvm::Module> module, const Cpu &cpu,
                                                        size_t index, llvm::TargetMachine &machine,
                                                        const EmitOptions &options);

//===- Link.cpp -------------------------------------------------------------===//

enum class LinkKind { SharedLibrary, Object, Archive };

/// The objects and the runtime, linked. `soname` is the final file's name.
llvm::Expected<ByteVector> link(LinkKind kind, llvm::ArrayRef<ByteVector> objects, llvm::StringRef soname);

} // namespace symc

#endif // SYMC_TARGET_CPU_STAGES_H
