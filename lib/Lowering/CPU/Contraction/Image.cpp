//===- Image.cpp - Zero-padded copies of images ---------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Lowering/CPU/Contraction/Image.h"

using namespace mlir;
using namespace symc;
using namespace symc::contraction;

static void forVectors(Problem &problem, int64_t count, llvm::function_ref<void(Value, Value)> body) {
  Code &code = problem.code;
  int64_t lanes = problem.lanes, whole = count / lanes * lanes;
  if (whole <= 4 * lanes) {
    for (int64_t i = 0; i < whole; i += lanes)
      body(code.c(i), {});
  } else {
    code.loop(code.c(0), code.c(whole), lanes, [&](Value i) { body(i, {}); });
  }
  if (whole < count)
    body(code.c(whole), code.mask(code.c(count - whole), lanes));
}

void symc::contraction::copyElements(Problem &problem, Value from, Value to, int64_t count) {
  Code &code = problem.code;
  forVectors(problem, count, [&](Value i, Value mask) {
    Value value = code.loadIf(problem.vector, code.at(from, i, problem.element), mask);
    code.storeIf(value, code.at(to, i, problem.element), mask);
  });
}

void symc::contraction::clearElements(Problem &problem, Value to, int64_t count) {
  Code &code = problem.code;
  Value zero = code.zero(problem.vector);
  forVectors(problem, count, [&](Value i, Value mask) { code.storeIf(zero, code.at(to, i, problem.element), mask); });
}

void symc::contraction::copyFramed(Problem &problem, const Frame &frame, Value image, Value firstRow, Value rows,
                                   Value to) {
  Code &code = problem.code;
  Type element = problem.element;
  int64_t channels = frame.channels;
  // Columns of the image that are inside the frame.
  int64_t from = std::max<int64_t>(0, -frame.left), end = std::min(frame.width, frame.columns - frame.left);
  int64_t before = std::min(frame.left + from, frame.columns), after = frame.columns - (frame.left + end);
  code.loop(code.c(0), rows, 1, [&](Value row) {
    Value target = code.at(to, code.mul(row, frame.rowElements()), element), y = code.add(firstRow, row);
    Value inside = arith::CmpIOp::create(code.b, code.loc, arith::CmpIPredicate::ult, y, code.c(frame.height));
    if (end <= from)
      return clearElements(problem, target, frame.rowElements());
    code.when(
        inside,
        [&] {
          Value source = code.at(image, code.add(code.mul(y, frame.width * channels), from * channels), element);
          clearElements(problem, target, before * channels);
          copyElements(problem, source, code.at(target, before * channels, element), (end - from) * channels);
          clearElements(problem, code.at(target, (frame.left + end) * channels, element), after * channels);
        },
        [&] { clearElements(problem, target, frame.rowElements()); });
  });
}
