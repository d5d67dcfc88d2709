//===- Windows.cpp - Poolings and the windows that they become ------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Interpreter/Rules.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>

using namespace mlir;
using namespace symc;
using namespace symc::interpreter;

namespace {
/// Windows over the axes of an image [n, …, c].
struct Windows {
  SmallVector<int64_t> sizes, strides, dilations, before;

  size_t axes() const { return sizes.size(); }
  int64_t extent(size_t axis) const { return (sizes[axis] - 1) * dilations[axis] + 1; }
};
} // namespace

/// Calls `body` for the elements of the window at `to`, [n, …, c]: the number of each in the image, -1 in the padding,
/// and its row-major position in the window.
static void forEachElement(const Windows &w, ArrayRef<int64_t> image, Place to,
                           llvm::function_ref<void(int64_t element, int64_t position)> body) {
  forEachPlace(w.sizes, [&](Place within, int64_t position) {
    int64_t number = to[0];
    bool inside = true;
    for (size_t axis = 0; axis < w.axes(); ++axis) {
      int64_t i = to[axis + 1] * w.strides[axis] + within[axis] * w.dilations[axis] - w.before[axis];
      inside &= i >= 0 && i < image[axis + 1];
      number = number * image[axis + 1] + i;
    }
    body(inside ? number * image.back() + to.back() : -1, position);
  });
}

//===----------------------------------------------------------------------===//
// Poolings
//===----------------------------------------------------------------------===//

/// The windows of a pooling of `image` that gives `result`, both NHWC.
template <class Op> static Windows poolWindows(Op op, ArrayRef<int64_t> image, ArrayRef<int64_t> result) {
  Windows w;
  for (size_t axis = 0; axis + 2 < image.size(); ++axis) {
    int64_t size = entryOf(op.getPoolSize(), axis);
    int64_t stride = op.getStrides() ? entryOf(*op.getStrides(), axis) : size;
    int64_t before = paddingBefore(op.getPadding(), axis, image[axis + 1], result[axis + 1], stride, size);
    w.sizes.push_back(size);
    w.strides.push_back(stride);
    w.dilations.push_back(1);
    w.before.push_back(before);
  }
  return w;
}

/// `reduce` gives the result of a window from the numbers of its elements.
template <class Op, class F> static Array pooled(Op op, Scope &s, F reduce) {
  Array image = imageToNHWC(s[op.getX()], op.getLayout());
  Sizes sizes = s.sizes(op.getOut().getType());
  if (op.getLayout() == sym::Layout::NCHW)
    std::rotate(sizes.begin() + 1, sizes.begin() + 2, sizes.end());
  Array out(image.element, sizes);
  Windows w = poolWindows(op, image.sizes, sizes);
  forEachPlace(sizes, [&](Place to, int64_t i) {
    SmallVector<int64_t> elements;
    forEachElement(w, image.sizes, to, [&](int64_t element, int64_t) {
      if (element >= 0)
        elements.push_back(element);
    });
    reduce(out, i, image, elements);
  });
  return imageFromNHWC(out, op.getLayout());
}

static void putMean(Scope &s, Array &out, int64_t i, const Array &image, ArrayRef<int64_t> elements) {
  Sum sum;
  for (int64_t element : elements)
    sum.add(image.reals[element]);
  out.set(i, s.sum(sum, out.element) / static_cast<double>(elements.size()));
}

static void putLargest(Array &out, int64_t i, const Array &image, ArrayRef<int64_t> elements) {
  if (elements.empty()) { // all padding
    if (image.isReal())
      return out.set(i, -HUGE_VAL);
    unsigned width = image.element.getIntOrFloatBitWidth();
    return out.set(i, image.element.isUnsignedInteger() ? Wide(0) : -(Wide(1) << (width - 1)));
  }
  int64_t best = elements.front();
  for (int64_t element : elements) {
    bool beats = image.isReal() ? image.reals[element] > image.reals[best] || std::isnan(image.reals[element])
                                : image.integer(element) > image.integer(best);
    if (beats && !(image.isReal() && std::isnan(image.reals[best])))
      best = element;
  }
  out.copy(i, image, best);
}

/// All windows of an image [n, …, c] as one: the elements of each channel of each example.
template <class Op, class F> static Array globallyPooled(Op op, Scope &s, F reduce) {
  Array image = imageToNHWC(s[op.getX()], op.getLayout());
  Array out(image.element, s.sizes(op.getOut().getType()));
  llvm::BitVector space(image.rank(), true);
  space.reset(0);
  space.reset(image.rank() - 1);
  forEachSlice(image, space, [&](ArrayRef<int64_t> elements, int64_t slice) { reduce(out, slice, image, elements); });
  return out;
}

//===----------------------------------------------------------------------===//
// What poolings decompose into
//===----------------------------------------------------------------------===//

template <class Op> static Windows windowsOf(Op op, Scope &s) {
  Windows w{SmallVector<int64_t>(op.getSizes()), SmallVector<int64_t>(op.getStrides()), {}, {}};
  for (size_t axis = 0; axis < w.axes(); ++axis) {
    w.dilations.push_back(op.getDilations() ? (*op.getDilations())[axis] : 1);
    w.before.push_back(s.size(op.getPadding().getExprs()[2 * axis]));
  }
  return w;
}

/// The sizes [n, …, c] of how many windows there are; `listed` has an axis of positions before c.
static Sizes countsOf(ArrayRef<int64_t> sizes, const Windows &w, bool listed) {
  Sizes counts(sizes);
  if (listed)
    counts.erase(counts.end() - 2);
  return counts;
}

static Array listed(sym::WindowsOp op, Scope &s) {
  const Array &x = s[op.getX()];
  Array out = s.zeros(op.getOut());
  Windows w = windowsOf(op, s);
  double fill = op.getFill().convertToDouble();
  Sizes counts = countsOf(out.sizes, w, true);
  int64_t positions = out.sizes[out.rank() - 2], channels = out.sizes.back();
  forEachPlace(counts, [&](Place to, int64_t window) {
    int64_t begin = (window / channels) * positions * channels + window % channels;
    forEachElement(w, x.sizes, to, [&](int64_t element, int64_t position) {
      int64_t i = begin + position * channels;
      if (element >= 0 && (!op.getIndex() || s[op.getIndex()].integers[window] == position))
        out.copy(i, x, element);
      else if (out.isReal())
        out.set(i, fill);
      else if (!std::isinf(fill))
        out.set(i, static_cast<Wide>(fill));
      else
        out.set(i, out.element.isUnsignedInteger() ? Wide(0) : -(Wide(1) << (out.element.getIntOrFloatBitWidth() - 1)));
    });
  });
  return out;
}

/// Of each element of the image the values of the windows that hold it, the last of them first along each axis.
static Array spread(sym::WindowSpreadOp op, Scope &s) {
  const Array &x = s[op.getX()];
  Array out = s.zeros(op.getOut());
  Windows w = windowsOf(op, s);
  size_t axes = w.axes();
  bool several = out.sizes.size() == axes + 3, perElement = x.sizes.size() == axes + 3;
  Sizes coverage;
  for (size_t axis = 0; axis < axes; ++axis)
    coverage.push_back(several ? llvm::divideCeil(w.extent(axis), w.strides[axis]) : 1);
  forEachPlace(out.sizes, [&](Place to, int64_t i) {
    Sizes from{to[0]};
    int64_t number = several ? to[axes + 1] : 0, position = 0;
    Sizes earlier(axes);
    for (size_t axis = axes; axis-- > 0; number /= coverage[axis])
      earlier[axis] = number % coverage[axis];
    for (size_t axis = 0; axis < axes; ++axis) {
      int64_t padded = to[axis + 1] + w.before[axis], window = padded / w.strides[axis] - earlier[axis];
      int64_t distance = padded - window * w.strides[axis];
      if (window < 0 || window >= x.sizes[axis + 1] || distance >= w.extent(axis) || distance % w.dilations[axis])
        return;
      from.push_back(window);
      position = position * w.sizes[axis] + distance / w.dilations[axis];
    }
    Sizes window(from);
    window.push_back(to.back());
    if (op.getIndex() && s[op.getIndex()].integers[s[op.getIndex()].at(window)] != position)
      return;
    if (perElement)
      from.push_back(position);
    from.push_back(to.back());
    out.copy(i, x, x.at(from));
  });
  return out;
}

/// Calls `body` for the elements of all windows that count: those in the image, and with an index that one alone.
template <class Op>
static void forEachPair(Op op, Scope &s, ArrayRef<int64_t> image, ArrayRef<int64_t> windows,
                        llvm::function_ref<void(int64_t element, int64_t window)> body) {
  Windows w = windowsOf(op, s);
  forEachPlace(windows, [&](Place to, int64_t window) {
    forEachElement(w, image, to, [&](int64_t element, int64_t position) {
      if (element >= 0 && (!op.getIndex() || s[op.getIndex()].integers[window] == position))
        body(element, window);
    });
  });
}

/// Sums of elements of x, whose places `pairs` tells.
template <class F> static Array summed(Scope &s, const Array &x, Array out, F pairs) {
  std::vector<Total> totals(out.count());
  pairs([&](int64_t from, int64_t to) { totals[to].add(x, from); });
  Total::putAll(s, out, totals);
  return out;
}

void interpreter::addWindowRules(Rules &rules) {
  rules.add<sym::MaxPoolOp>([](sym::MaxPoolOp op, Scope &s) { return pooled(op, s, putLargest); }, Computes::Exactly);
  rules.add<sym::GlobalMaxPoolOp>([](sym::GlobalMaxPoolOp op, Scope &s) { return globallyPooled(op, s, putLargest); },
                                  Computes::Exactly);
  rules.add<sym::AvgPoolOp>([](sym::AvgPoolOp op, Scope &s) {
    return pooled(op, s, [&](auto &&...arguments) { putMean(s, arguments...); });
  });
  rules.add<sym::GlobalAvgPoolOp>([](sym::GlobalAvgPoolOp op, Scope &s) {
    return globallyPooled(op, s, [&](auto &&...arguments) { putMean(s, arguments...); });
  });
  rules.add<sym::WindowsOp>(listed, Computes::Exactly);
  rules.add<sym::WindowSpreadOp>(spread, Computes::Exactly);
  rules.add<sym::WindowSumOp>([](sym::WindowSumOp op, Scope &s) {
    const Array &x = s[op.getX()];
    Array out = s.zeros(op.getOut());
    Sizes windows = out.sizes;
    return summed(s, x, std::move(out), [&](auto add) { forEachPair(op, s, x.sizes, windows, add); });
  });
  rules.add<sym::WindowScatterOp>([](sym::WindowScatterOp op, Scope &s) {
    const Array &x = s[op.getX()];
    Array out = s.zeros(op.getOut());
    Sizes image = out.sizes;
    return summed(s, x, std::move(out), [&](auto add) {
      forEachPair(op, s, image, x.sizes, [&](int64_t element, int64_t window) { add(window, element); });
    });
  });
}
