//===- Window.h - Windows that slide over the axes of an image ----*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// What convolutions and poolings share: sizes, strides and padding of windows, and the moves
// between the layouts of images and kernels.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_DIALECTS_SYM_WINDOW_H
#define SYMC_DIALECTS_SYM_WINDOW_H

#include "dialects/sym/SymOps.h"

namespace symc {

/// One axis of a window. `in` is the image's size, `out` the number of windows.
struct WindowAxis {
  int64_t size, stride, dilation;
  Dim in, out, before, after;

  /// The distance between the first and the last element, plus one.
  int64_t extent() const { return (size - 1) * dilation + 1; }
};
using Windows = llvm::SmallVector<WindowAxis, 3>;

/// `values` with one entry for all axes repeated. Emits an error where an entry is less than 1 or their number is
/// wrong.
mlir::FailureOr<llvm::SmallVector<int64_t>> perAxis(std::optional<mlir::Location> loc, llvm::StringRef name,
                                                    llvm::ArrayRef<int64_t> values, size_t axes);

/// The windows of an image with these sizes. Emits a located error where one is larger than the padded image.
mlir::FailureOr<Windows> makeWindows(std::optional<mlir::Location> loc, mlir::Type image, llvm::ArrayRef<Dim> in,
                                     llvm::ArrayRef<int64_t> sizes, llvm::ArrayRef<int64_t> strides,
                                     llvm::ArrayRef<int64_t> dilations, sym::PaddingAttr padding);

/// Windows of these extents fit into the axes of an image, which has padding before and after each.
llvm::SmallVector<SizeRequirement> windowRequirements(mlir::Type image, llvm::ArrayRef<int64_t> extents,
                                                      llvm::ArrayRef<Dim> padding);

/// The windows of a transposed convolution: `out` is the size of its operand, `in` that of its result.
mlir::FailureOr<Windows> makeTransposedWindows(std::optional<mlir::Location> loc, llvm::ArrayRef<Dim> out,
                                               llvm::ArrayRef<int64_t> sizes, llvm::ArrayRef<int64_t> strides,
                                               llvm::ArrayRef<int64_t> dilations, sym::PaddingAttr padding);

/// `x` between the given layout of images and NHWC.
mlir::Value imageToNHWC(mlir::OpBuilder &b, mlir::Location loc, mlir::Value x, sym::Layout layout);
mlir::Value imageFromNHWC(mlir::OpBuilder &b, mlir::Location loc, mlir::Value x, sym::Layout layout);
/// Kernels OIHW of the layout NCHW become HWIO.
mlir::Value kernelToHWIO(mlir::OpBuilder &b, mlir::Location loc, mlir::Value kernel, sym::Layout layout);
/// Sizes of an image in the order of NHWC, and back.
Dims dimsToNHWC(llvm::ArrayRef<Dim> dims, sym::Layout layout);
Dims dimsFromNHWC(llvm::ArrayRef<Dim> dims, sym::Layout layout);

} // namespace symc
#endif
