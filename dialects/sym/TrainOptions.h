//===- TrainOptions.h - Optimizers, schedules, initialisers -------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// What a graph file may say of an optimizer, a learning-rate schedule or an initialiser: the tables of Training.td. The
// importer checks against them, the train step takes defaults from them.
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
  double standard; // when left out
  bool required;
};

struct TrainMethod {
  llvm::StringLiteral name;            // of its kind
  llvm::ArrayRef<TrainOption> options; // in the order of the documentation
};

/// The option that every optimizer has.
inline constexpr llvm::StringLiteral kLearningRate = "learning_rate";

llvm::ArrayRef<TrainMethod> optimizers();
llvm::ArrayRef<TrainMethod> schedules();
/// The method of that name; null when there is none.
const TrainMethod *findMethod(llvm::ArrayRef<TrainMethod> methods, llvm::StringRef name);
const TrainMethod &methodOf(sym::OptimizerKind kind);
const TrainMethod &methodOf(sym::ScheduleKind kind);

/// What variance the numbers have: that of the options, or one that a layer keeps.
enum class InitScheme { Plain, Glorot, He, Lecun };

struct Initializer {
  llvm::StringLiteral name;
  llvm::ArrayRef<TrainOption> options; // the numbers of sym.init, in its order: two at most
  sym::InitKind kind;
  InitScheme scheme;
  double first;  // the first number where there are no options
  bool integers; // fits integer parameters
};
llvm::ArrayRef<Initializer> initializers();

} // namespace symc
#endif
