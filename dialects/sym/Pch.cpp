//===- Pch.cpp - Owner of the precompiled header --------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
// The translation unit that owns the precompiled header.
