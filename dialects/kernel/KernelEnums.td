//===- KernelEnums.td - Enumerations of the kernel dialect -*- tablegen -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef KERNEL_ENUMS
#define KERNEL_ENUMS

include "mlir/IR/EnumAttr.td"

def Kernel_Iterator : I32EnumAttr<"Iterator", "What the iterations of a loop make",
    [I32EnumAttrCase<"parallel", 0>, I32EnumAttrCase<"reduction", 1>]> {
  let cppNamespace = "::symc::kernel";
  let genSpecializedAttr = 0;
}
#endif
