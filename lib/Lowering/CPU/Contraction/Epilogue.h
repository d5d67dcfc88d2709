//===- Epilogue.h - What happens to accumulated elements ----------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_LIB_LOWERING_CPU_CONTRACTION_EPILOGUE_H
#define SYMC_LIB_LOWERING_CPU_CONTRACTION_EPILOGUE_H

#include "lib/Lowering/CPU/Contraction/Problem.h"

namespace symc::contraction {

/// Where a tile of results lies: a grid of rows (outer × inner), each some vectors long.
struct Place {
  Values index;                     // of the first lane of row (0, 0), one a result dimension
  int outerDim = -1, innerDim = -1; // the result dimensions along which rows move
  int64_t outerStep = 1, innerStep = 1;
  unsigned laneDim = 0; // the dimension along which lanes move, with unit stride in the result
  /// Lanes past `period` go on at the next index of innerDim (several pixels of few channels in one vector).
  unsigned period = 0;
};

/// Whether the epilogue can be applied to vectors: every op of the region has a vector form.
bool vectorizes(kernel::ContractOp op);

class Epilogue {
public:
  explicit Epilogue(Problem &problem);

  /// Reads an extra that varies along all of the result: it may share memory with a result, so no element may be
  /// finished twice.
  bool mayUpdateInPlace() const { return inPlace; }
  unsigned opCount() const { return ops; }

  /// Asks ahead for what the rows of a tile, `vectors` vectors each, will read of extras that have a row for each of
  /// them: these lie far apart, and no other tile reads them.
  void prefetch(const Place &place, unsigned rows, unsigned vectors);
  /// One element; `accumulated` is a scalar.
  void finishElement(ArrayRef<Value> index, Value accumulated);
  /// A tile out of registers: accumulators in order outer, inner, vector. `masks`: empty,
  /// or one a vector, null where all lanes count.
  void finishTile(const Place &place, unsigned outer, unsigned inner, unsigned vectors, ArrayRef<Value> masks,
                  ArrayRef<Value> tile);
  /// Rows [outerFrom, outer) × [innerFrom, inner) of a tile in memory, `vectors` vectors a row, `rowStride` elements
  /// from row to row.
  void finishStored(const Place &place, Value tile, int64_t rowStride, Value outerFrom, Value outer, Value innerFrom,
                    Value inner, int64_t innerCount, unsigned vectors, ArrayRef<Value> masks);

private:
  struct Strided {
    const Buffer *buffer;
    Values coefficient; // elements a step of each result dimension
  };
  enum class Lanes { Splat, Unit, Repeat, Gather };

  Value offset(const Strided &access, ArrayRef<Value> index);
  Value rowStep(const Strided &access, int dim, int64_t step);
  Lanes lanesOf(const Strided &access, const Place &place);
  Value loadLanes(const Strided &access, const Place &place, Value address, Value mask);
  void storeLanes(const Strided &access, Value value, Value address, Value mask);
  Values apply(ArrayRef<Value> inputs);
  /// One or two vectors as one, and such a one's parts.
  Value join(ArrayRef<Value> vectors);
  Value part(Value whole, unsigned number, unsigned count);

  Problem &problem;
  Code &code;
  SmallVector<Strided> extras, outs;
  bool inPlace = false, functions = false;
  unsigned ops = 0;
};

} // namespace symc::contraction
#endif
