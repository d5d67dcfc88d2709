//===- Epilogue.cpp - What happens to accumulated elements ----------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Lowering/CPU/Contraction/Epilogue.h"
#include "lib/Lowering/CPU/VectorMath/VectorMath.h"
#include "mlir/IR/IRMapping.h"
#include <numeric>

using namespace mlir;
using namespace symc;
using namespace symc::contraction;

bool symc::contraction::vectorizes(kernel::ContractOp op) {
  return llvm::all_of(op.getEpilogue().front().without_terminator(), [](Operation &inner) {
    return inner.hasTrait<OpTrait::Elementwise>() || isa<arith::ConstantOp>(inner);
  });
}

Epilogue::Epilogue(Problem &problem) : problem(problem), code(problem.code) {
  unsigned rank = problem.result().dims.size();
  for (auto [i, extra] : llvm::enumerate(problem.extras)) {
    Strided access{&extra, Values(rank, code.c(0))};
    ArrayRef<int64_t> axes = cast<DenseI64ArrayAttr>(problem.op.getAxes()[i]).asArrayRef();
    for (auto [axis, stride] : llvm::zip_equal(axes, extra.strides))
      if (axis >= 0)
        access.coefficient[axis] = code.add(access.coefficient[axis], stride);
    unsigned used = 0;
    for (unsigned d = 0; d < rank; ++d)
      used += llvm::is_contained(axes, d) || is(problem.result().sizes[d], 1);
    inPlace |= used == rank;
    extras.push_back(access);
  }
  for (const Buffer &out : problem.outs)
    outs.push_back({&out, out.strides});
  for (Operation &op : problem.op.getEpilogue().front().without_terminator()) {
    functions |= isFunction(&op);
    ops += isFunction(&op) ? kFunctionOps : !isa<arith::ConstantOp>(op);
  }
}

Value Epilogue::offset(const Strided &access, ArrayRef<Value> index) {
  Value sum = code.c(0);
  for (auto [i, coefficient] : llvm::zip(index, access.coefficient))
    sum = code.add(sum, code.mul(i, coefficient));
  return sum;
}

Value Epilogue::rowStep(const Strided &access, int dim, int64_t step) {
  return dim < 0 ? code.c(0) : code.mul(access.coefficient[dim], step);
}

Epilogue::Lanes Epilogue::lanesOf(const Strided &access, const Place &place) {
  Value lane = access.coefficient[place.laneDim];
  if (!place.period)
    return is(lane, 0) ? Lanes::Splat : is(lane, 1) ? Lanes::Unit : Lanes::Gather;
  Value pixel = access.coefficient[place.innerDim];
  if (is(lane, 0) && is(pixel, 0))
    return Lanes::Splat;
  if (is(lane, 1) && is(pixel, place.period))
    return Lanes::Unit;
  return is(lane, 1) && is(pixel, 0) ? Lanes::Repeat : Lanes::Gather;
}

Value Epilogue::loadLanes(const Strided &access, const Place &place, Value address, Value mask) {
  unsigned lanes = problem.lanes;
  Type element = access.buffer->element;
  Type vector = VectorType::get(lanes, element);
  Value value;
  switch (lanesOf(access, place)) {
  case Lanes::Splat:
    value = code.splat(code.load(element, address), lanes);
    break;
  case Lanes::Unit:
    value = code.loadIf(vector, address, mask);
    break;
  case Lanes::Repeat: {
    Value once = code.load(VectorType::get(place.period, element), address);
    SmallVector<int32_t> numbers;
    for (unsigned i = 0; i < lanes; ++i)
      numbers.push_back(i % place.period);
    value = code.shuffle(once, once, numbers);
    break;
  }
  case Lanes::Gather: {
    SmallVector<int64_t> lane(lanes), pixel(lanes);
    for (unsigned i = 0; i < lanes; ++i) {
      lane[i] = place.period ? i % place.period : i;
      pixel[i] = place.period ? i / place.period : 0;
    }
    auto offsets = [&](ArrayRef<int64_t> numbers, Value coefficient) -> Value {
      Value iota = arith::ConstantOp::create(code.b, code.loc,
                                             DenseElementsAttr::get(VectorType::get(lanes, code.i64), numbers));
      return arith::MulIOp::create(code.b, code.loc, iota, code.splat(coefficient, lanes));
    };
    Value sum = offsets(lane, access.coefficient[place.laneDim]);
    if (place.period)
      sum = code.plus(sum, offsets(pixel, access.coefficient[place.innerDim]));
    Type pointers = VectorType::get(lanes, code.pointer);
    Value addresses = LLVM::GEPOp::create(code.b, code.loc, pointers, element, address, ValueRange{sum});
    Value all = mask;
    if (!all)
      all = arith::ConstantOp::create(code.b, code.loc,
                                      DenseElementsAttr::get(VectorType::get(lanes, code.b.getI1Type()), true));
    value = LLVM::masked_gather::create(code.b, code.loc, vector, addresses, all, ValueRange{code.zero(vector)},
                                        code.b.getI32IntegerAttr(element.getIntOrFloatBitWidth() / 8));
    break;
  }
  }
  if (access.buffer->isBool)
    value = arith::CmpIOp::create(code.b, code.loc, arith::CmpIPredicate::ne, value, code.zero(value.getType()));
  return value;
}

void Epilogue::storeLanes(const Strided &access, Value value, Value address, Value mask) {
  if (access.buffer->isBool)
    value = arith::ExtUIOp::create(code.b, code.loc, VectorType::get(problem.lanes, access.buffer->element), value);
  code.storeIf(value, address, mask);
}

/// The region on scalars, or on vectors when the inputs are.
Values Epilogue::apply(ArrayRef<Value> inputs) {
  Block &body = problem.op.getEpilogue().front();
  auto shape = dyn_cast<VectorType>(inputs[0].getType());
  auto widen = [&](Type type) -> Type { return shape ? VectorType::get(shape.getShape(), type) : type; };
  IRMapping mapping;
  mapping.map(body.getArguments(), inputs);
  for (Operation &op : body.without_terminator()) {
    if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
      Attribute value = constant.getValue();
      if (shape)
        value = DenseElementsAttr::get(cast<ShapedType>(widen(constant.getType())), value);
      mapping.map(constant.getResult(),
                  arith::ConstantOp::create(code.b, code.loc, cast<TypedAttr>(value)).getResult());
      continue;
    }
    Operation *copy = code.b.clone(op, mapping);
    for (auto [from, to] : llvm::zip(op.getResults(), copy->getResults())) {
      to.setType(widen(from.getType()));
      mapping.map(from, to);
    }
  }
  Values results;
  for (Value value : body.getTerminator()->getOperands())
    results.push_back(mapping.lookup(value));
  return results;
}

void Epilogue::prefetch(const Place &place, unsigned rows, unsigned vectors) {
  constexpr int64_t kLine = 64;
  for (const Strided &extra : extras) {
    Value rowStep = extra.coefficient[place.innerDim];
    if (is(rowStep, 0) || lanesOf(extra, place) != Lanes::Unit)
      continue;
    Type element = extra.buffer->element;
    int64_t lineElements = kLine / (element.getIntOrFloatBitWidth() / 8);
    Value first = code.at(extra.buffer->pointer, offset(extra, place.index), element);
    for (unsigned row = 0; row < rows; ++row)
      for (int64_t lane = 0; lane < int64_t(vectors) * problem.lanes; lane += lineElements)
        LLVM::Prefetch::create(code.b, code.loc, code.at(first, code.add(code.mul(rowStep, row), lane), element),
                               /*rw=*/0, /*hint=*/3, /*cache=*/1);
  }
}

void Epilogue::finishElement(ArrayRef<Value> index, Value accumulated) {
  Values inputs{accumulated};
  for (const Strided &access : extras) {
    const Buffer &extra = *access.buffer;
    Value value = code.load(extra.element, code.at(extra.pointer, offset(access, index), extra.element));
    if (extra.isBool)
      value = arith::CmpIOp::create(code.b, code.loc, arith::CmpIPredicate::ne, value, code.zero(value.getType()));
    inputs.push_back(value);
  }
  for (auto [out, value] : llvm::zip(outs, apply(inputs))) {
    Value stored = value;
    if (out.buffer->isBool)
      stored = arith::ExtUIOp::create(code.b, code.loc, out.buffer->element, stored);
    code.store(stored, code.at(out.buffer->pointer, offset(out, index), out.buffer->element));
  }
}

void Epilogue::finishTile(const Place &place, unsigned outer, unsigned inner, unsigned vectors, ArrayRef<Value> masks,
                          ArrayRef<Value> tile) {
  struct Row {
    Value base, outerStep, innerStep;
    bool varies;
    Values loaded; // one a vector, when rows share them
  };
  SmallVector<Row> inputs, results;
  for (auto [list, rows] : {std::pair(&extras, &inputs), std::pair(&outs, &results)})
    for (const Strided &access : *list) {
      Row row{code.at(access.buffer->pointer, offset(access, place.index), access.buffer->element),
              rowStep(access, place.outerDim, place.outerStep), rowStep(access, place.innerDim, place.innerStep), true,
              Values(vectors)};
      row.varies = (outer > 1 && !is(row.outerStep, 0)) || (inner > 1 && !is(row.innerStep, 0));
      rows->push_back(row);
    }
  // A function is one long chain of operations: two vectors as one make two of them that the processor can mix.
  unsigned most = functions ? 2 : 1;
  for (unsigned o = 0; o < outer; ++o)
    for (unsigned i = 0; i < inner; ++i)
      for (unsigned first = 0, together; first < vectors; first += together) {
        together = std::min(most, vectors - first);
        auto address = [&](const Strided &access, const Row &row, unsigned v) {
          Value step = code.add(code.mul(row.outerStep, o), code.mul(row.innerStep, i));
          Value lane = code.mul(access.coefficient[place.laneDim], v * problem.lanes);
          return code.at(row.base, code.add(step, lane), access.buffer->element);
        };
        auto guard = [&](unsigned v) { return masks.empty() ? Value() : masks[v]; };
        SmallVector<Values> values(1 + extras.size());
        for (unsigned v = first; v < first + together; ++v) {
          values[0].push_back(tile[(o * inner + i) * vectors + v]);
          for (auto [access, row, all] : llvm::zip(extras, inputs, MutableArrayRef(values).drop_front())) {
            Value &loaded = row.loaded[v];
            if (row.varies || !loaded)
              loaded = loadLanes(access, place, address(access, row, v), guard(v));
            all.push_back(loaded);
          }
        }
        Values whole;
        for (const Values &all : values)
          whole.push_back(join(all));
        for (auto [access, row, value] : llvm::zip(outs, results, apply(whole)))
          for (unsigned v = 0; v < together; ++v)
            storeLanes(access, part(value, v, together), address(access, row, first + v), guard(first + v));
      }
}

Value Epilogue::join(ArrayRef<Value> vectors) {
  if (vectors.size() == 1)
    return vectors[0];
  SmallVector<int32_t> all(vectors.size() * problem.lanes);
  std::iota(all.begin(), all.end(), 0);
  return code.shuffle(vectors[0], vectors[1], all);
}

Value Epilogue::part(Value whole, unsigned number, unsigned count) {
  if (count == 1)
    return whole;
  SmallVector<int32_t> lanes(problem.lanes);
  std::iota(lanes.begin(), lanes.end(), int32_t(number * problem.lanes));
  return code.shuffle(whole, whole, lanes);
}

void Epilogue::finishStored(const Place &place, Value tile, int64_t rowStride, Value outerFrom, Value outer,
                            Value innerFrom, Value inner, int64_t innerCount, unsigned vectors, ArrayRef<Value> masks) {
  code.loop(outerFrom, outer, 1, [&](Value o) {
    code.loop(innerFrom, inner, 1, [&](Value i) {
      Place row = place;
      if (place.outerDim >= 0)
        row.index[place.outerDim] = code.add(row.index[place.outerDim], code.mul(o, place.outerStep));
      if (place.innerDim >= 0)
        row.index[place.innerDim] = code.add(row.index[place.innerDim], code.mul(i, place.innerStep));
      Value from = code.mul(code.add(code.mul(o, innerCount), i), rowStride);
      Values loaded;
      for (unsigned v = 0; v < vectors; ++v)
        loaded.push_back(code.load(problem.vector, code.at(tile, code.add(from, v * problem.lanes), problem.element)));
      finishTile(row, 1, 1, vectors, masks, loaded);
    });
  });
}
