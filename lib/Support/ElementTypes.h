//===- ElementTypes.h - The element types of tensors -----------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The one table of them: what graph files, C, DLPack, safetensors and NumPy call each, how it
// is stored and in which type it is computed. The compiler, the host and the runtime of every
// model read it, so that it needs no C++ library.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_SUPPORT_ELEMENTTYPES_H
#define SYMC_SUPPORT_ELEMENTTYPES_H

#include <stddef.h>
#include <stdint.h>

namespace symc {

enum class ElementType : uint8_t { F16, BF16, F32, F64, I8, I16, I32, I64, U8, U16, U32, U64, Bool };

/// Codes of DLDataType.
enum class NumberKind : uint8_t { Signed = 0, Unsigned = 1, Float = 2, BFloat = 4, Bool = 6 };

struct ElementTypeInfo {
  const char *name; // in graph files
  uint8_t bytes;    // in memory
  NumberKind kind;
  /// Each op, and the sum of a reduction, is computed in this type and rounded to the element type once.
  ElementType arithmetic;
  const char *c; // f16 and bf16: the bits
  const char *safetensors;
  const char *numpy; // without byte order; empty where NumPy has none
};

constexpr ElementTypeInfo kElementTypes[] = {
    {"f16", 2, NumberKind::Float, ElementType::F32, "uint16_t", "F16", "f2"},
    {"bf16", 2, NumberKind::BFloat, ElementType::F32, "uint16_t", "BF16", ""},
    {"f32", 4, NumberKind::Float, ElementType::F32, "float", "F32", "f4"},
    {"f64", 8, NumberKind::Float, ElementType::F64, "double", "F64", "f8"},
    {"i8", 1, NumberKind::Signed, ElementType::I8, "int8_t", "I8", "i1"},
    {"i16", 2, NumberKind::Signed, ElementType::I16, "int16_t", "I16", "i2"},
    {"i32", 4, NumberKind::Signed, ElementType::I32, "int32_t", "I32", "i4"},
    {"i64", 8, NumberKind::Signed, ElementType::I64, "int64_t", "I64", "i8"},
    {"u8", 1, NumberKind::Unsigned, ElementType::U8, "uint8_t", "U8", "u1"},
    {"u16", 2, NumberKind::Unsigned, ElementType::U16, "uint16_t", "U16", "u2"},
    {"u32", 4, NumberKind::Unsigned, ElementType::U32, "uint32_t", "U32", "u4"},
    {"u64", 8, NumberKind::Unsigned, ElementType::U64, "uint64_t", "U64", "u8"},
    {"bool", 1, NumberKind::Bool, ElementType::Bool, "uint8_t", "BOOL", "b1"},
};
constexpr size_t kElementTypeCount = sizeof(kElementTypes) / sizeof(kElementTypes[0]);

constexpr const ElementTypeInfo &infoOf(ElementType type) { return kElementTypes[static_cast<size_t>(type)]; }
constexpr unsigned byteSize(ElementType type) { return infoOf(type).bytes; }
constexpr bool isFloating(ElementType type) { return type <= ElementType::F64; }
/// f16 and bf16: stored in another type than they are computed in.
constexpr bool isStoredNarrow(ElementType type) { return infoOf(type).arithmetic != type; }

/// The entry of a DLDataType of one lane; null when there is none.
inline const ElementTypeInfo *findElementType(unsigned code, unsigned bits) {
  for (const ElementTypeInfo &info : kElementTypes)
    if (static_cast<unsigned>(info.kind) == code && 8u * info.bytes == bits)
      return &info;
  return nullptr;
}

} // namespace symc

#endif // SYMC_SUPPORT_ELEMENTTYPES_H
