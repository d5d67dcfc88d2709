//===- Passes.td - Passes of the lowering for the CPU ------*- tablegen -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// In the order in which they run: Passes.h says what is legal before and after.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_LOWERING_CPU_PASSES_TD
#define SYMC_LOWERING_CPU_PASSES_TD

include "mlir/Pass/PassBase.td"

def CpuOption : Option<"cpu", "cpu", "std::string", /*default=*/"",
                       "CPU or level that kernels are for, by LLVM's name; without one: 16-byte vectors">;

def ContractionPass : Pass<"sym-contraction", "mlir::ModuleOp"> {
  let summary = "Emits the kernels of matrix products and convolutions";
  let description = [{
    Kernels that hold a kernel.contract become llvm.funcs @k.code of scf, arith, vector and LLVM loads and stores, with
    sym.extent and sym.grain; what is left of the kernels is declarations. Other kernels are left alone.
  }];
  let options = [CpuOption];
  let dependentDialects = ["mlir::arith::ArithDialect", "mlir::LLVM::LLVMDialect", "mlir::scf::SCFDialect",
                           "mlir::vector::VectorDialect"];
}

def VectorizePass : Pass<"sym-vectorize", "mlir::ModuleOp"> {
  let summary = "Emits the loops and vectors of elementwise and reduction kernels";
  let description = [{
    Kernels of kernel.nests become llvm.funcs, as those of sym-contraction do.
  }];
  let options = [CpuOption];
  let dependentDialects = ["mlir::arith::ArithDialect", "mlir::LLVM::LLVMDialect", "mlir::math::MathDialect",
                           "mlir::scf::SCFDialect", "mlir::vector::VectorDialect"];
}

def OpaquePass : Pass<"sym-opaque", "mlir::ModuleOp"> {
  let summary = "Lowers kernels that call the kernel library to llvm.funcs";
  let description = [{
    They are one call of a function of runtime/kernels, with arrays of buffers and sizes.
  }];
  let dependentDialects = ["mlir::arith::ArithDialect", "mlir::LLVM::LLVMDialect"];
}

def BodiesPass : Pass<"sym-bodies", "mlir::ModuleOp"> {
  let summary = "Turns programs into code over the frame of a call";
  let description = [{
    Functions become llvm.funcs @body_NAME and @sizes_NAME on symc_frame of lib/Support/Program.h. Runs when kernels are
    llvm.funcs and the model has been described: sym.parameter and sym.state are gone afterwards.
  }];
  let options = [Option<"arena", "arena", "symc::ArenaMode", /*default=*/"symc::ArenaMode::Planned",
                        "How buffers of the arena share memory",
                        [{::llvm::cl::values(clEnumValN(symc::ArenaMode::Planned, "planned", "as planned"),
                                             clEnumValN(symc::ArenaMode::Separate, "separate", "not at all"),
                                             clEnumValN(symc::ArenaMode::Poisoned, "poisoned", "beginning as NaN"))}]>];
  let dependentDialects = ["mlir::arith::ArithDialect", "mlir::LLVM::LLVMDialect"];
}

def KernelsToLLVMPass : Pass<"sym-to-llvm", "mlir::ModuleOp"> {
  let summary = "Lowers what kernels and bodies are made of to the LLVM dialect";
  let description = [{
    Elementary functions become calls of lib/Lowering/CPU/VectorMath.
  }];
  let dependentDialects = ["mlir::LLVM::LLVMDialect", "mlir::vector::VectorDialect", "mlir::cf::ControlFlowDialect"];
}

#endif // SYMC_LOWERING_CPU_PASSES_TD
