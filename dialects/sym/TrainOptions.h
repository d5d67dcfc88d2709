//===- TrainOptions.h - Optimizers and schedules by name ----------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// What a graph file may say of an optimizer or a learning-rate schedule, once: the importer
// checks against it, the train step takes defaults from it.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_DIALECTS_SYM_TRAINOPTIONS_H
#define SYMC_DIALECTS_SYM_TRAINOPTIONS_H

#include "dialects/sym/SymOps.h"

namespace symc {

enum class TrainOptionKind { Number, Integer, Boolean, Numbers, Integers };
/// Fraction: in [0, 1).
enum class TrainOptionRange { Any, NotNegative, Positive, Fraction };

struct TrainOption {
  llvm::StringLiteral name;
  TrainOptionKind kind;
  TrainOptionRange range;
  double standard = 0; // when left out
  bool required = false;
};

struct TrainMethod {
  llvm::StringLiteral name;            // of its kind
  llvm::ArrayRef<TrainOption> options; // in the order of the documentation
};

llvm::ArrayRef<TrainMethod> optimizers();
llvm::ArrayRef<TrainMethod> schedules();
/// The method of that name; null when there is none.
const TrainMethod *findMethod(llvm::ArrayRef<TrainMethod> methods, llvm::StringRef name);
const TrainMethod &methodOf(sym::OptimizerKind kind);
const TrainMethod &methodOf(sym::ScheduleKind kind);

} // namespace symc
#endif
