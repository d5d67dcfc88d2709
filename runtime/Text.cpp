//===- Text.cpp - Messages -----------------------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "runtime/Runtime.h"
#include <stdio.h>

using namespace symc::rt;

char *symc::rt::threadError() {
  // The libraries are opened at run time, so this must not claim static thread storage.
  static __thread char text[errorSize] __attribute__((tls_model("global-dynamic")));
  return text;
}

symc_status symc::rt::fail(symc_instance *instance, symc_status status, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(instance ? instance->error : threadError(), errorSize, format, arguments);
  va_end(arguments);
  return status;
}

Shown::Shown(const char *bytes, size_t size) {
  static const char digits[] = "0123456789abcdef";
  char *out = text;
  size_t shown = size < 80 ? size : 80;
  // Not in the middle of a UTF-8 sequence.
  while (shown < size && shown > 76 && (static_cast<unsigned char>(bytes[shown]) & 0xc0) == 0x80)
    --shown;
  for (size_t i = 0; i < shown; ++i) {
    auto c = static_cast<unsigned char>(bytes[i]);
    if (c >= 0x20 && c != 0x7f) {
      *out++ = bytes[i];
      continue;
    }
    *out++ = '\\';
    *out++ = 'x';
    *out++ = digits[c >> 4];
    *out++ = digits[c & 15];
  }
  if (shown < size)
    out = static_cast<char *>(memcpy(out, "...", 3)) + 3;
  *out = 0;
}

ShownShape::ShownShape(const int64_t *shape, int64_t rank) {
  char *out = text, *end = text + sizeof(text);
  *out++ = '[';
  for (int64_t i = 0; i < rank && i < 32; ++i)
    out += snprintf(out, end - out, i ? ", %lld" : "%lld", static_cast<long long>(shape[i]));
  if (out > end - 2)
    out = end - 2;
  *out++ = ']';
  *out = 0;
}

const char *symc::rt::typeName(DLDataType type) {
  const ElementTypeInfo *info = findElementType(type.code, type.bits);
  return info ? info->name : "another type";
}
