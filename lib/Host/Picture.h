//===- Picture.h - Tensors as images -------------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_HOST_PICTURE_H
#define SYMC_HOST_PICTURE_H

#include "lib/Host/DataType.h"

#include <string>
#include <vector>

namespace symc::host {

/// Rows of pixels from the top, a byte a channel.
struct Picture {
  int64_t height = 0, width = 0;
  int channels = 1; // 1: gray, 3: red, green, blue
  std::vector<uint8_t> pixels;
};

/// As PNG. Neither side is 0.
std::string encodePng(const Picture &picture);

/// Whether a value of these dimensions can be shown.
bool isShowable(int32_t rank);

/// The examples of a value, each scaled from its least finite number (black) to its greatest (white); NaN is black. Of
/// [n, height, width, channels] at most three examples: 3 channels are colours, any other number stands side by side in
/// gray, the first 64. Of [n, height, width] at most three in gray; [height, width] is one. Empty where a size is 0.
std::vector<Picture> picturesOf(const std::vector<double> &values, const Shape &shape);

/// The filters of a kernel [height, width, in, out], scaled together: of one or three channels side by side, in gray or
/// in colours; else a row for each of the first 64 channels in, and a column for each of the first 64 out.
Picture filtersOf(const std::vector<double> &values, const Shape &shape);

} // namespace symc::host

#endif // SYMC_HOST_PICTURE_H
