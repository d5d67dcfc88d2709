//===- VectorMath.cpp - Elementary functions on vectors -------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Lowering/CPU/VectorMath/VectorMath.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/Module.h"
#include "llvm/Linker/Linker.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Transforms/Utils/Cloning.h"

using namespace llvm;

// VectorMath.bc, embedded by VectorMathBytes.S.
extern "C" const char symc_vector_math_begin[], symc_vector_math_end[];

StringRef symc::functionOf(mlir::Operation *op) {
  return StringSwitch<StringRef>(op->getName().getStringRef())
      .Case("math.powf", "pow")
      .Cases({"math.exp", "math.exp2", "math.expm1", "math.log", "math.log2", "math.log10", "math.log1p", "math.tanh"},
             op->getName().stripDialect())
      .Cases({"math.sin", "math.cos", "math.tan", "math.asin", "math.acos", "math.atan", "math.atan2", "math.sinh"},
             op->getName().stripDialect())
      .Cases(
          {"math.cosh", "math.asinh", "math.acosh", "math.atanh", "math.erf", "math.erfc", "math.cbrt", "math.rsqrt"},
          op->getName().stripDialect())
      .Default("");
}

std::string symc::vectorMathName(StringRef function, unsigned lanes, bool isDouble) {
  return ("symc_v" + Twine(lanes) + "_" + function + (isDouble ? "" : "f")).str();
}

static bool isVectorMath(const Function &function) { return function.getName().starts_with("symc_v"); }

void symc::linkVectorMath(Module &module) {
  if (none_of(module, [](const Function &f) { return f.isDeclaration() && isVectorMath(f); }))
    return;
  StringRef bytes(symc_vector_math_begin, symc_vector_math_end - symc_vector_math_begin);
  Expected<std::unique_ptr<Module>> library =
      getLazyBitcodeModule(MemoryBufferRef(bytes, "VectorMath.bc"), module.getContext());
  if (!library)
    report_fatal_error("the embedded vector functions cannot be read");
  (*library)->setDataLayout(module.getDataLayout());
  (*library)->setTargetTriple(module.getTargetTriple());
  if (Linker::linkModules(module, std::move(*library), Linker::LinkOnlyNeeded))
    report_fatal_error("the embedded vector functions cannot be linked");
  for (Function &function : make_early_inc_range(module)) {
    if (function.isDeclaration() || !(isVectorMath(function) || function.getName() == "reduceHuge"))
      continue;
    // The attributes of the library's own build say nothing about this module's target.
    AttributeList attributes;
    attributes = attributes.addFnAttribute(module.getContext(), Attribute::NoUnwind);
    function.setLinkage(GlobalValue::InternalLinkage);
    if (!isVectorMath(function)) {
      function.setAttributes(attributes.addFnAttribute(module.getContext(), Attribute::NoInline));
      continue;
    }
    function.setAttributes(attributes);
    for (User *user : make_early_inc_range(function.users())) {
      InlineFunctionInfo info;
      if (auto *call = dyn_cast<CallInst>(user))
        InlineFunction(*call, info);
    }
    if (function.use_empty())
      function.eraseFromParent();
  }
}
