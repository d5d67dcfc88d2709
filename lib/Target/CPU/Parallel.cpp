//===- Parallel.cpp - Code generation on several threads ------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Code generation is most of the compile time, and a kernel's code depends on no
// other's. A large module is divided into parts, which go to other threads as bitcode
// (an LLVM context belongs to one thread).
//
//===----------------------------------------------------------------------===//
#include "lib/Target/CPU/Stages.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/Bitcode/BitcodeWriter.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/Support/Threading.h"
#include "llvm/Transforms/Utils/SplitModule.h"
#include <atomic>
#include <thread>

using namespace llvm;
using namespace symc;

namespace {
/// Below this a part costs more than its thread saves.
constexpr size_t instructionsPerPart = 6000;
constexpr size_t maxParts = 16;

size_t partsOf(const Module &module) {
  size_t instructions = 0;
  for (const Function &function : module)
    instructions += function.getInstructionCount();
  return std::clamp<size_t>(instructions / instructionsPerPart, 1, maxParts);
}

Expected<ByteVector> generateOne(Module &module, TargetMachine &machine) {
  ByteVector object;
  raw_svector_ostream os(object);
  if (Error error = generateCode(module, machine, CodeGenFileType::ObjectFile, os))
    return std::move(error);
  return object;
}

Expected<ByteVector> generateFromBitcode(StringRef bitcode, const Cpu &cpu, const EmitOptions &options) {
  LLVMContext context;
  Expected<std::unique_ptr<Module>> module = parseBitcodeFile(MemoryBufferRef(bitcode, "symc"), context);
  if (!module)
    return module.takeError();
  Expected<std::unique_ptr<TargetMachine>> machine = makeTargetMachine(cpu, options);
  if (!machine)
    return machine.takeError();
  return generateOne(**module, **machine);
}
} // namespace

Expected<std::vector<ByteVector>> symc::generateObjects(std::unique_ptr<Module> module, const Cpu &cpu,
                                                        size_t index, TargetMachine &machine,
                                                        const EmitOptions &options) {
  std::vector<ByteVector> objects;
  size_t parts = partsOf(*module);
  if (parts == 1) {
    Expected<ByteVector> object = generateOne(*module, machine);
    if (!object)
      return object.takeError();
    objects.push_back(std::move(*object));
    return objects;
  }

  // Kernels are named across the parts, but not beyond this variant's code; other local symbols stay with their users.
  for (Function &function : *module) {
    if (!function.hasInternalLinkage())
      continue;
    function.setName(function.getName() + ".v" + std::to_string(index));
    function.setLinkage(GlobalValue::ExternalLinkage);
    function.setVisibility(GlobalValue::HiddenVisibility);
    function.setDSOLocal(true);
  }
  std::vector<SmallString<0>> bitcode;
  SplitModule(
      *module, parts,
      [&](std::unique_ptr<Module> part) {
        bitcode.emplace_back();
        raw_svector_ostream os(bitcode.back());
        WriteBitcodeToFile(*part, os);
      },
      /*PreserveLocals=*/true);
  module.reset();

  std::vector<std::optional<Expected<ByteVector>>> results(bitcode.size());
  std::atomic<size_t> next{0};
  auto work = [&] {
    for (size_t i; (i = next++) < bitcode.size();)
      results[i].emplace(generateFromBitcode(bitcode[i], cpu, options));
  };
  unsigned jobs = options.jobs ? options.jobs : hardware_concurrency().compute_thread_count();
  std::vector<std::thread> threads;
  for (size_t i = 1; i < std::min<size_t>(jobs, bitcode.size()); ++i)
    threads.emplace_back(work);
  work();
  for (std::thread &thread : threads)
    thread.join();

  Error failed = Error::success();
  for (std::optional<Expected<ByteVector>> &result : results) {
    if (*result)
      objects.push_back(std::move(**result));
    else
      failed = joinErrors(std::move(failed), result->takeError());
  }
  if (failed)
    return std::move(failed);
  return objects;
}
