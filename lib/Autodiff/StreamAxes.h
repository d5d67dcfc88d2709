//===- StreamAxes.h - Where time stands in values -----------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// What a function for one step of a stream may do: an element of a step depends on the step
// itself and on those before it, through a loop over time or a window that looks back.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_AUTODIFF_STREAMAXES_H
#define SYMC_AUTODIFF_STREAMAXES_H

#include "dialects/sym/SymOps.h"

namespace symc {

struct StreamAxis {
  enum Kind {
    Fixed,  // the same in all steps
    Spread, // the same in all steps, though its sizes have time in them
    Latest, // of the steps so far, without an axis of time
    Frames  // a part a step
  };
  Kind kind = Fixed;
  // Frames: the axis, of sizes outer * time * inner or, with inner 1, time + lead, where the first `lead` stand for
  // what was before the stream.
  unsigned axis = 0;
  Dim inner = {};
  int64_t lead = 0;

  bool operator==(const StreamAxis &other) const {
    return kind == other.kind && (kind != Frames || (axis == other.axis && inner == other.inner && lead == other.lead));
  }
};

/// Time in the values of one function.
class StreamAxes {
public:
  StreamAxes(mlir::MLIRContext *context, llvm::StringRef time) : time(symbolDim(context, time)) {}

  /// Finds them for the arguments and all ops of the block, whose ops are primitive. A located error where an op needs
  /// steps that are still to come, or all of them.
  mlir::LogicalResult analyze(mlir::Block &block);

  StreamAxis of(mlir::Value v) const { return axes.lookup(v); }
  /// `to` stands for `from` from now on.
  void rename(mlir::Value from, mlir::Value to) { axes[to] = axes.lookup(from); }
  Dim getTime() const { return time; }
  /// Whether the size has time in it.
  bool mentions(Dim size) const;
  bool mentions(mlir::Type type) const;

private:
  Dim time;
  llvm::DenseMap<mlir::Value, StreamAxis> axes;

  mlir::LogicalResult visit(mlir::Operation *op);
  mlir::FailureOr<StreamAxis> join(mlir::Operation *op, StreamAxis a, StreamAxis b) const;
  mlir::FailureOr<StreamAxis> ofElementwise(mlir::Operation *op) const;
  mlir::FailureOr<StreamAxis> ofReduction(mlir::Operation *op, llvm::ArrayRef<int64_t> reduced, bool keeps) const;
  mlir::FailureOr<StreamAxis> ofProduct(sym::MatmulOp op) const;
  mlir::FailureOr<StreamAxis> ofConvolution(sym::ConvolutionOp op) const;
  mlir::FailureOr<StreamAxis> ofReshape(sym::ReshapeOp op) const;
  mlir::FailureOr<StreamAxis> ofPlace(sym::PlaceOp op) const;
  mlir::FailureOr<StreamAxis> ofMove(mlir::Operation *op) const;
  mlir::LogicalResult visitScan(sym::ScanOp op);
  /// Frames along the axis whose size is time.
  std::optional<StreamAxis> asFrames(mlir::Type type) const;
  StreamAxis::Kind generalKind(mlir::Operation *op) const;
};

/// How many steps before its own a window of the convolution looks at along an axis of the image (0: height).
int64_t lookBack(sym::ConvolutionOp op, unsigned spaceAxis);

} // namespace symc
#endif
