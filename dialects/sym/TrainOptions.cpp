//===- TrainOptions.cpp - Optimizers, schedules, initialisers -------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/TrainOptions.h"
#include "llvm/ADT/STLExtras.h"

using namespace symc;

#define SYMC_TRAIN_TABLES
#include "dialects/sym/TrainOptions.inc"

llvm::ArrayRef<TrainMethod> symc::optimizers() { return kOptimizers; }
llvm::ArrayRef<TrainMethod> symc::schedules() { return kSchedules; }
llvm::ArrayRef<Initializer> symc::initializers() { return kInitializers; }

const TrainMethod *symc::findMethod(llvm::ArrayRef<TrainMethod> methods, llvm::StringRef name) {
  const auto *it = llvm::find_if(methods, [&](const TrainMethod &m) { return m.name == name; });
  return it == methods.end() ? nullptr : it;
}
const TrainMethod &symc::methodOf(sym::OptimizerKind kind) {
  return *findMethod(kOptimizers, sym::stringifyOptimizerKind(kind));
}
const TrainMethod &symc::methodOf(sym::ScheduleKind kind) {
  return *findMethod(kSchedules, sym::stringifyScheduleKind(kind));
}
