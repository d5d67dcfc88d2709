//===- FakeSource.h - A model's code written by hand ---------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// predict: y = 2 x for x: f32[batch, 3]. train_step: w -= 0.1, loss = w[0] before the
// update, metric = batch; a batch of 13 violates a check.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_TEST_FAKESOURCE_H
#define SYMC_TEST_FAKESOURCE_H

#include "lib/Target/CPU/Library.h"
#include "llvm/AsmParser/Parser.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/Support/SourceMgr.h"

namespace fake {

inline constexpr const char *code = R"(
declare void @symc_rt_parallel(ptr, ptr, ptr, i64, i64)
@factors = external constant [2 x float]

define void @k0(ptr %buffers, ptr %dims, i64 %begin, i64 %end) {
  %x = load ptr, ptr %buffers
  %yp = getelementptr ptr, ptr %buffers, i64 1
  %y = load ptr, ptr %yp
  %factor = load float, ptr @factors
  %splat0 = insertelement <4 x float> poison, float %factor, i64 0
  %splat = shufflevector <4 x float> %splat0, <4 x float> poison, <4 x i32> zeroinitializer
  %empty = icmp sge i64 %begin, %end
  br i1 %empty, label %done, label %loop
loop:
  %i = phi i64 [ %begin, %0 ], [ %next, %loop ]
  %at = mul i64 %i, 3
  %from = getelementptr float, ptr %x, i64 %at
  %to = getelementptr float, ptr %y, i64 %at
  %v = call <4 x float> @llvm.masked.load.v4f32.p0(ptr align 4 %from, <4 x i1> <i1 1, i1 1, i1 1, i1 0>, <4 x float> zeroinitializer)
  %w = call <4 x float> @twice(<4 x float> %v, <4 x float> %splat)
  call void @llvm.masked.store.v4f32.p0(<4 x float> %w, ptr align 4 %to, <4 x i1> <i1 1, i1 1, i1 1, i1 0>)
  %next = add i64 %i, 1
  %more = icmp slt i64 %next, %end
  br i1 %more, label %loop, label %done
done:
  ret void
}
define linkonce_odr <4 x float> @twice(<4 x float> %v, <4 x float> %by) alwaysinline {
  %w = fmul <4 x float> %v, %by
  ret <4 x float> %w
}
declare <4 x float> @llvm.masked.load.v4f32.p0(ptr, <4 x i1>, <4 x float>)
declare void @llvm.masked.store.v4f32.p0(<4 x float>, ptr, <4 x i1>)

define i32 @body_predict(ptr %frame) {
  %dims = load ptr, ptr %frame
  %batch = load i64, ptr %dims
  %inp = getelementptr i8, ptr %frame, i64 8
  %ins = load ptr, ptr %inp
  %in = load ptr, ptr %ins
  %outp = getelementptr i8, ptr %frame, i64 16
  %outs = load ptr, ptr %outp
  %out = load ptr, ptr %outs
  %arenap = getelementptr i8, ptr %frame, i64 32
  %arena = load ptr, ptr %arenap
  store float 1.0, ptr %arena
  %b = alloca [2 x ptr]
  store ptr %in, ptr %b
  %b1 = getelementptr ptr, ptr %b, i64 1
  store ptr %out, ptr %b1
  call void @symc_rt_parallel(ptr %frame, ptr @k0, ptr %b, i64 %batch, i64 16)
  ret i32 0
}
define i32 @sizes_predict(ptr %dims, ptr %bytes, ptr %shapes, ptr %check) {
  %batch = load i64, ptr %dims
  %size = mul i64 %batch, 12
  store i64 %size, ptr %bytes
  store i64 %batch, ptr %shapes
  %s1 = getelementptr i64, ptr %shapes, i64 1
  store i64 3, ptr %s1
  ret i32 0
}
define i32 @body_train_step(ptr %frame) {
  %dims = load ptr, ptr %frame
  %batch = load i64, ptr %dims
  %bad = icmp eq i64 %batch, 13
  br i1 %bad, label %fail, label %go
fail:
  %code = getelementptr i8, ptr %frame, i64 72
  store i64 1, ptr %code
  %value = getelementptr i8, ptr %frame, i64 80
  store i64 %batch, ptr %value
  ret i32 1
go:
  %outp = getelementptr i8, ptr %frame, i64 16
  %outs = load ptr, ptr %outp
  %loss = load ptr, ptr %outs
  %outs1 = getelementptr ptr, ptr %outs, i64 1
  %metric = load ptr, ptr %outs1
  %fbatch = sitofp i64 %batch to float
  store float %fbatch, ptr %metric
  %slotp = getelementptr i8, ptr %frame, i64 24
  %slots = load ptr, ptr %slotp
  %w = load ptr, ptr %slots
  %old = load float, ptr %w
  store float %old, ptr %loss
  %new = fsub float %old, 0x3FB99999A0000000
  store float %new, ptr %w
  ret i32 0
}
define i32 @sizes_train_step(ptr %dims, ptr %bytes, ptr %shapes, ptr %check) {
  ret i32 0
}
)";

inline symc::ModelDescription describe(const std::string &name) {
  using namespace symc;
  static const float weights[] = {1, 2, 3, 4}, factors[] = {2, 3};
  ModelDescription model;
  model.name = name;
  model.doc = "Doubles. */ ?\?/ \"quoted\" \n second line";
  model.dims = {{"m", 1, 4096, 1}};
  SlotDescription w;
  w.name = "fc1/kernel";
  w.type = "f32[2, 2]";
  w.shape = {2, 2};
  w.trainable = true;
  w.init = InitKind::Data;
  w.data.data = {reinterpret_cast<const char *>(weights), sizeof(weights)};
  SlotDescription m = w;
  m.name = "sgd/m/fc1/kernel";
  m.init = InitKind::Constant;
  m.a = 0.5;
  model.parameters = {w};
  model.state = {m};
  model.constants = {{"factors", {{reinterpret_cast<const char *>(factors), sizeof(factors)}, nullptr}, 64}};
  ArgumentDescription x{"for", "f32[m, 3]", "the input; a C keyword /* too", ElementType::F32, {-1, 3}, {0, -1}};
  ArgumentDescription y = x;
  y.name = "yhat";
  y.doc = "";
  ArgumentDescription scalar{"loss", "f32[]", "", ElementType::F32, {}, {}};
  ArgumentDescription metric = scalar;
  metric.name = "count";
  FunctionDescription predict;
  predict.name = "predict";
  predict.inputs = {x};
  predict.outputs = {y};
  predict.dims = {0};
  predict.kernels = 1;
  predict.buffers = {{0, 0, {{"m", 12}}}};
  FunctionDescription train = predict;
  train.name = "train_step";
  train.updatesState = train.trainingMode = true;
  train.outputs = {scalar, metric};
  train.typedOutputs = 1;
  train.buffers.clear();
  model.functions = {predict, train};
  model.checks = {"batch {value} is unlucky"};
  model.graphSha256 = std::string(64, 'a');
  model.flags = {"-O2"};
  model.defaultSeed = 7;
  return model;
}

/// `extra` kernels of 100 instructions beside the model's own, all of them used.
inline std::unique_ptr<llvm::Module> parse(llvm::LLVMContext &context, int extra = 0) {
  std::string text = code, names;
  for (int k = 0; k < extra; ++k) {
    text += "define internal void @extra" + std::to_string(k) + "(ptr %b, ptr %d, i64 %begin, i64 %end) {\n";
    for (int i = 0; i < 50; ++i) {
      std::string n = std::to_string(i);
      text += "  %v" + n + " = load volatile i64, ptr %d\n  store volatile i64 %v" + n + ", ptr %b\n";
    }
    text += "  ret void\n}\n";
    names += (k ? ", ptr @extra" : "ptr @extra") + std::to_string(k);
  }
  if (extra)
    text += "@all = constant [" + std::to_string(extra) + " x ptr] [" + names +
            "]\ndefine ptr @body_all() {\n  ret ptr @all\n}\n";
  llvm::SMDiagnostic diagnostic;
  std::unique_ptr<llvm::Module> module = llvm::parseAssemblyString(text, diagnostic, context);
  if (!module)
    diagnostic.print("fake model", llvm::errs());
  return module;
}

} // namespace fake

#endif // SYMC_TEST_FAKESOURCE_H
