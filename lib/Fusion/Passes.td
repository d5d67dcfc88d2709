//===- Passes.td - Passes of the fusion stage --------------*- tablegen -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_FUSION_PASSES_TD
#define SYMC_FUSION_PASSES_TD

include "mlir/Pass/PassBase.td"

def PrepareFusionPass : Pass<"sym-prepare-fusion", "mlir::func::FuncOp"> {
  let summary = "Brings ops into the form that fuses best";
  let description = [{
    A transpose of the last two axes becomes a flag of the matrix product that reads it.
  }];
}

def FormRegionsPass : Pass<"sym-form-regions", "mlir::func::FuncOp"> {
  let summary = "Puts ops into regions that become kernels";
  let description = [{
    Every primitive op except constants and those that rename memory. Ops share a region where lib/Fusion/Legality.h
    allows it and lib/Fusion/Costs.h says that it pays; splat constants are cloned into the regions that read them.
  }];
  let options = [Option<"fuse", "fuse", "bool", /*default=*/"true", "Let ops share regions">];
}

def VerifyRegionsPass : Pass<"sym-verify-regions", "mlir::func::FuncOp"> {
  let summary = "Checks that fused regions are legal for the lowering";
  let description = [{
    By the rules of lib/Fusion/Legality.h: the lowering counts on them.
  }];
}

#endif // SYMC_FUSION_PASSES_TD
