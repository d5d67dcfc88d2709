//===- Loops.cpp - Contractions as scalar loops ---------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The form that takes everything: groups, dilations, integer elements, symbolic sizes on
// any axis. One loop a result dimension, the outermost of which is cut.
//
//===----------------------------------------------------------------------===//
#include "lib/Lowering/CPU/Contraction/Epilogue.h"

using namespace mlir;
using namespace symc;
using namespace symc::contraction;

namespace {
class LoopNest {
public:
  LoopNest(Problem &problem) : p(problem), code(problem.code), epilogue(problem) {
    auto pair = [&](std::optional<ArrayRef<int64_t>> list, int64_t (&to)[2]) {
      if (list)
        to[0] = (*list)[0], to[1] = (*list)[1];
    };
    pair(p.op.getStrides(), stride);
    pair(p.op.getDilations(), dilation);
    groups = p.op.getGroups();
    top = left = code.c(0);
    if (auto padding = p.op.getPadding()) {
      top = p.shell.size(padding->getExprs()[0]);
      left = p.shell.size(padding->getExprs()[2]);
    }
  }

  Schedule emit() {
    const Buffer &out = p.result();
    Values index;
    nest(index, 0);
    AffineExpr extent = out.dims.empty() ? constantDim(code.b.getContext(), 1) : out.dims[0];
    return {extent, 1};
  }

private:
  void nest(Values &index, unsigned depth) {
    if (depth == p.result().sizes.size()) {
      epilogue.finishElement(index, accumulate(index));
      return;
    }
    Value from = depth == 0 ? p.shell.begin() : code.c(0), to = depth == 0 ? p.shell.end() : p.result().sizes[depth];
    code.loop(from, to, 1, [&](Value i) {
      index.push_back(i);
      nest(index, depth + 1);
      index.pop_back();
    });
  }

  Value element(const Buffer &buffer, ArrayRef<Value> index) {
    Value offset = code.c(0);
    for (auto [i, step] : llvm::zip(index, buffer.strides))
      offset = code.add(offset, code.mul(i, step));
    return code.load(p.element, code.at(buffer.pointer, offset, buffer.element));
  }

  /// Sums over nested loops with these trip counts; `term` gives the two factors' values, or none outside a border.
  using Term = llvm::function_ref<Value(ArrayRef<Value>, Value)>;
  Value sum(ArrayRef<Value> trips, Values &at, Value total, Term term) {
    if (at.size() == trips.size())
      return term(at, total);
    return code.loop(code.c(0), trips[at.size()], code.c(1), total, [&](Value i, ValueRange carried) {
      at.push_back(i);
      Value next = sum(trips, at, carried[0], term);
      at.pop_back();
      return Values{next};
    })[0];
  }
  Value sum(ArrayRef<Value> trips, Term term) {
    Values at;
    return sum(trips, at, code.zero(p.element), term);
  }

  /// total + x*y where every condition holds.
  Value guarded(ArrayRef<Value> conditions, Value total, llvm::function_ref<Value()> compute) {
    Value all;
    for (Value condition : conditions)
      all = all ? code.both(all, condition) : condition;
    auto branch = scf::IfOp::create(code.b, code.loc, TypeRange{p.element}, all, true, true);
    OpBuilder::InsertionGuard guard(code.b);
    code.b.setInsertionPointToStart(branch.thenBlock());
    Value value = compute();
    scf::YieldOp::create(code.b, code.loc, value);
    code.b.setInsertionPointToStart(branch.elseBlock());
    scf::YieldOp::create(code.b, code.loc, total);
    return branch.getResult(0);
  }
  void inside(Values &conditions, Value i, Value size) {
    // One unsigned comparison takes care of both ends.
    conditions.push_back(arith::CmpIOp::create(code.b, code.loc, arith::CmpIPredicate::ult, i, size));
  }

  Value accumulate(ArrayRef<Value> index) {
    switch (p.op.getForm()) {
    case sym::ContractForm::matmul:
      return matmul(index);
    case sym::ContractForm::conv2d:
      return conv2d(index);
    case sym::ContractForm::conv2d_input:
      return conv2dInput(index);
    case sym::ContractForm::conv2d_filter:
      return conv2dFilter(index);
    }
    llvm_unreachable("all forms are listed");
  }

  Value matmul(ArrayRef<Value> index) {
    bool ta = p.op.getTransposeA(), tb = p.op.getTransposeB();
    unsigned rank = p.a.dims.size();
    auto at = [&](const Buffer &buffer, Value row, Value column) {
      Values full;
      for (unsigned i = 0, e = buffer.dims.size() - 2; i < e; ++i)
        full.push_back(isOne(buffer.dims[i]) ? code.c(0) : index[index.size() - 2 - e + i]);
      full.push_back(row);
      full.push_back(column);
      return element(buffer, full);
    };
    Value m = index[index.size() - 2], n = index.back();
    return sum({p.a.sizes[ta ? rank - 2 : rank - 1]}, [&](ArrayRef<Value> k, Value total) {
      Value x = ta ? at(p.a, k[0], m) : at(p.a, m, k[0]);
      Value y = tb ? at(p.b, n, k[0]) : at(p.b, k[0], n);
      return code.multiplyAdd(x, y, total);
    });
  }

  Value tap(Value out, unsigned axis, Value k) {
    Value at = code.add(code.mul(out, stride[axis]), code.mul(k, dilation[axis]));
    return code.sub(at, axis ? left : top);
  }

  Value conv2d(ArrayRef<Value> index) {
    Value perGroup = code.div(p.result().sizes[3], groups), channels = p.b.sizes[2];
    Value first = code.mul(code.div(index[3], perGroup), channels);
    return sum({p.b.sizes[0], p.b.sizes[1], channels}, [&](ArrayRef<Value> at, Value total) {
      Value y = tap(index[1], 0, at[0]), x = tap(index[2], 1, at[1]);
      Values conditions;
      inside(conditions, y, p.a.sizes[1]);
      inside(conditions, x, p.a.sizes[2]);
      return guarded(conditions, total, [&] {
        Value s = element(p.a, {index[0], y, x, code.add(first, at[2])});
        return code.multiplyAdd(s, element(p.b, {at[0], at[1], at[2], index[3]}), total);
      });
    });
  }

  /// Where in the cotangent the tap `k` of an image position comes from.
  Value source(Values &conditions, Value position, unsigned axis, Value k) {
    Value at = code.sub(code.add(position, axis ? left : top), code.mul(k, dilation[axis]));
    Value zero = code.c(0), step = code.c(stride[axis]);
    conditions.push_back(arith::CmpIOp::create(code.b, code.loc, arith::CmpIPredicate::sge, at, zero));
    if (stride[axis] != 1) {
      Value rest = arith::RemUIOp::create(code.b, code.loc, at, step);
      conditions.push_back(arith::CmpIOp::create(code.b, code.loc, arith::CmpIPredicate::eq, rest, zero));
    }
    Value out = code.div(at, step);
    inside(conditions, out, p.a.sizes[1 + axis]);
    return out;
  }

  Value conv2dInput(ArrayRef<Value> index) {
    Value channels = p.b.sizes[2], filters = code.div(p.b.sizes[3], groups);
    Value group = code.div(index[3], channels), channel = code.rem(index[3], channels);
    Value first = code.mul(group, filters);
    return sum({p.b.sizes[0], p.b.sizes[1], filters}, [&](ArrayRef<Value> at, Value total) {
      Values conditions;
      Value y = source(conditions, index[1], 0, at[0]), x = source(conditions, index[2], 1, at[1]);
      return guarded(conditions, total, [&] {
        Value f = code.add(first, at[2]);
        return code.multiplyAdd(element(p.a, {index[0], y, x, f}), element(p.b, {at[0], at[1], channel, f}), total);
      });
    });
  }

  Value conv2dFilter(ArrayRef<Value> index) {
    Value perGroup = code.div(p.result().sizes[3], groups);
    Value channel = code.add(code.mul(code.div(index[3], perGroup), p.result().sizes[2]), index[2]);
    return sum({p.b.sizes[0], p.b.sizes[1], p.b.sizes[2]}, [&](ArrayRef<Value> at, Value total) {
      Value y = tap(at[1], 0, index[0]), x = tap(at[2], 1, index[1]);
      Values conditions;
      inside(conditions, y, p.a.sizes[1]);
      inside(conditions, x, p.a.sizes[2]);
      return guarded(conditions, total, [&] {
        return code.multiplyAdd(element(p.a, {at[0], y, x, channel}), element(p.b, {at[0], at[1], at[2], index[3]}),
                                total);
      });
    });
  }

  Problem &p;
  Code &code;
  Epilogue epilogue;
  int64_t stride[2] = {1, 1}, dilation[2] = {1, 1}, groups = 1;
  Value top, left;
};
} // namespace

Schedule symc::contraction::emitLoops(Problem &problem) { return LoopNest(problem).emit(); }
