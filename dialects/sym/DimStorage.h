//===- DimStorage.h - What the context keeps of a size -----------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_DIALECTS_SYM_DIMSTORAGE_H
#define SYMC_DIALECTS_SYM_DIMSTORAGE_H

#include "dialects/sym/Dim.h"
#include "mlir/IR/AttributeSupport.h"
#include <tuple>

namespace symc::detail {

struct DimStorage : public mlir::AttributeStorage {
  using KeyTy = std::tuple<Dim::Kind, int64_t, llvm::StringRef, Dim, Dim>;

  Dim::Kind kind;
  int64_t value;        // of a constant
  llvm::StringRef name; // of a name
  Dim lhs, rhs;         // of the others

  explicit DimStorage(const KeyTy &key) { std::tie(kind, value, name, lhs, rhs) = key; }
  bool operator==(const KeyTy &key) const { return key == std::tie(kind, value, name, lhs, rhs); }
  static llvm::hash_code hashKey(const KeyTy &key) { return llvm::hash_value(key); }
  static DimStorage *construct(mlir::AttributeStorageAllocator &allocator, KeyTy key) {
    std::get<llvm::StringRef>(key) = allocator.copyInto(std::get<llvm::StringRef>(key));
    return new (allocator.allocate<DimStorage>()) DimStorage(key);
  }
};

} // namespace symc::detail
#endif
