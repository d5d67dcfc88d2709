//===- Pieces.cpp - Tensors side by side along an axis --------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Kernel/Nests/Pieces.h"
#include "dialects/sym/Shape.h"
#include <set>

using namespace mlir;
using namespace symc;

// Each piece has code of its own, and a loop that is to be worth its start.
constexpr size_t kMostPieces = 8;
constexpr int64_t kLeastPiece = 16;

static Pieces piecesOf(sym::ConcatOp op) {
  Pieces result{*normalizeAxis(std::nullopt, op.getAxis(), op.getType().getRank()), {}};
  Dim begin = constantDim(op.getContext(), 0);
  for (Value input : op.getInputs()) {
    Dim end = begin + dimOf(input.getType(), result.axis);
    result.pieces.push_back({input, begin, end});
    begin = end;
  }
  return result;
}

static std::optional<Pieces> piecesOf(sym::PlaceOp op) {
  std::optional<AxisPart> part = partOf(op);
  if (!part)
    return std::nullopt;
  Dim begin = constantDim(op.getContext(), part->begin), end = constantDim(op.getContext(), part->end);
  return Pieces{part->axis,
                {{Value(), constantDim(op.getContext(), 0), begin},
                 {op.getX(), begin, end},
                 {Value(), end, dimOf(op.getType(), part->axis)}}};
}

std::optional<Pieces> Pieces::of(Operation *op) {
  if (auto concat = dyn_cast<sym::ConcatOp>(op))
    return piecesOf(concat);
  if (auto place = dyn_cast<sym::PlaceOp>(op))
    return piecesOf(place);
  return std::nullopt;
}

const Pieces::Piece *Pieces::holding(Dim begin, Dim end) const {
  auto inOrder = [](Dim a, Dim b) {
    std::optional<int64_t> x = constantValue(a), y = constantValue(b);
    return a == b || (x && y && *x <= *y);
  };
  const Piece *found =
      llvm::find_if(pieces, [&](const Piece &piece) { return inOrder(piece.begin, begin) && inOrder(end, piece.end); });
  return found == pieces.end() ? nullptr : found;
}

namespace {
/// The places along the last axis at which values of one shape go from one piece to the next.
class Cuts {
public:
  Cuts(const Memory &memory, int64_t size) : memory(memory), size(size) {}

  /// What an element of `value` is made of at its own index, `offset` further on in what is written.
  void visit(Value value, int64_t offset) {
    if (memory.buffers.contains(value) || !seen.insert({value.getAsOpaquePointer(), offset}).second)
      return;
    Operation *op = value.getDefiningOp();
    if (isa<ScalarBodyOpInterface>(op))
      for (Value operand : op->getOperands())
        visit(operand, offset);
    std::optional<Pieces> parts = Pieces::of(op);
    if (!parts || parts->axis + 1 != cast<RankedTensorType>(value.getType()).getRank())
      return;
    for (const Pieces::Piece &piece : parts->pieces) {
      std::optional<int64_t> begin = constantValue(piece.begin);
      if (!begin) {
        known = false;
        return;
      }
      if (offset + *begin > 0 && offset + *begin < size)
        places.insert(offset + *begin);
      if (piece.input)
        visit(piece.input, offset + *begin);
    }
  }

  SmallVector<int64_t> worthwhile() const {
    if (!known || places.size() + 1 > kMostPieces)
      return {};
    int64_t before = 0;
    for (int64_t place : places) {
      if (place - before < kLeastPiece)
        return {};
      before = place;
    }
    return size - before < kLeastPiece ? SmallVector<int64_t>() : llvm::to_vector(places);
  }

private:
  const Memory &memory;
  int64_t size;
  bool known = true;
  std::set<int64_t> places;
  std::set<std::pair<const void *, int64_t>> seen;
};
} // namespace

SmallVector<int64_t> symc::cutsOfLastAxis(const Memory &memory, ArrayRef<Value> values) {
  Dims domain = dimsOf(values.front());
  std::optional<int64_t> size = domain.size() > 1 ? constantValue(domain.back()) : std::nullopt;
  if (!size)
    return {};
  Cuts cuts(memory, *size);
  for (Value value : values)
    cuts.visit(value, 0);
  return cuts.worthwhile();
}
