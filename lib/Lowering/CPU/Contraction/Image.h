//===- Image.h - Zero-padded copies of images ---------------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_LIB_LOWERING_CPU_CONTRACTION_IMAGE_H
#define SYMC_LIB_LOWERING_CPU_CONTRACTION_IMAGE_H

#include "lib/Lowering/CPU/Contraction/Problem.h"

namespace symc::contraction {

/// How an image [height, width, channels] is laid into a frame with zeros around it (or cropped).
struct Frame {
  int64_t height, width, channels; // of the image
  int64_t columns;                 // of the frame
  int64_t left;                    // column of the frame where the image begins; may be negative

  int64_t rowElements() const { return columns * channels; }
};

/// Fills `rows` rows of the frame at `to`, whose first row is row `firstRow` of the image (may lie outside of it).
void copyFramed(Problem &problem, const Frame &frame, Value image, Value firstRow, Value rows, Value to);

/// Copies or clears `count` elements.
void copyElements(Problem &problem, Value from, Value to, int64_t count);
void clearElements(Problem &problem, Value to, int64_t count);

} // namespace symc::contraction
#endif
