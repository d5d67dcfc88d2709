//===- ContractCase.cpp - One contraction to check or measure -------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "bench/kernels/ContractCase.h"
#include <algorithm>
#include <cmath>
#include <sstream>

using namespace symc;
using Shape = std::vector<int64_t>;

void ContractCase::samePadding() {
  auto pads = [&](int64_t in, int64_t kernel, int64_t &before, int64_t &after) {
    int64_t out = (in + stride - 1) / stride;
    int64_t total = std::max<int64_t>(0, (out - 1) * stride + (kernel - 1) * dilation + 1 - in);
    before = total / 2;
    after = total - before;
  };
  pads(height, kernelHeight, top, bottom);
  pads(width, kernelWidth, left, right);
}

double ContractCase::flops() const {
  if (form == Form::Matmul)
    return 2.0 * std::max<int64_t>(batch, 1) * m * n * k;
  return 2.0 * images * outHeight() * outWidth() * filters * kernelHeight * kernelWidth * channels / groups;
}

Shape ContractCase::shapeA() const {
  if (form != Form::Matmul)
    return form == Form::ConvInput ? Shape{images, outHeight(), outWidth(), filters}
                                   : Shape{images, height, width, channels};
  Shape shape = transposeA ? Shape{k, m} : Shape{m, k};
  if (batch)
    shape.insert(shape.begin(), batch);
  return shape;
}
Shape ContractCase::shapeB() const {
  if (form != Form::Matmul)
    return form == Form::ConvFilter ? Shape{images, outHeight(), outWidth(), filters}
                                    : Shape{kernelHeight, kernelWidth, channels / groups, filters};
  Shape shape = transposeB ? Shape{n, k} : Shape{k, n};
  if (batch)
    shape.insert(shape.begin(), batch);
  return shape;
}
Shape ContractCase::shapeOut() const {
  switch (form) {
  case Form::Matmul:
    return batch ? Shape{batch, m, n} : Shape{m, n};
  case Form::Conv:
    return {images, outHeight(), outWidth(), filters};
  case Form::ConvInput:
    return {images, height, width, channels};
  default:
    return {kernelHeight, kernelWidth, channels / groups, filters};
  }
}

static std::string join(const Shape &shape, const char *separator) {
  std::ostringstream os;
  for (size_t i = 0; i < shape.size(); ++i)
    os << (i ? separator : "") << shape[i];
  return os.str();
}

std::string ContractCase::describe() const {
  static const char *forms[] = {"matmul", "conv2d", "conv2d_input", "conv2d_filter"};
  static const char *finishes[] = {"", " relu", " update", " add"};
  std::ostringstream os;
  os << forms[int(form)] << (f64 ? " f64" : "") << finishes[int(finish)];
  if (form == Form::Matmul) {
    os << " [" << join(shapeA(), ",") << "]" << (transposeA ? "ᵀ" : "") << " @ [" << join(shapeB(), ",") << "]"
       << (transposeB ? "ᵀ" : "") << " dynamic " << dynamicAxis;
    return os.str();
  }
  os << " " << images << "x" << height << "x" << width << "x" << channels << " -> " << outHeight() << "x" << outWidth()
     << "x" << filters << " k" << kernelHeight << "x" << kernelWidth << " s" << stride << " d" << dilation << " g"
     << groups << " pad " << top << "," << bottom << "," << left << "," << right << (dynamicBatch ? " dynamic" : "");
  return os.str();
}

std::vector<int64_t> ContractCase::dimValues() const {
  if (form != Form::Matmul)
    return {dynamicBatch ? images : 1};
  return {dynamicAxis == 'm' ? m : dynamicAxis == 'n' ? n : dynamicAxis == 'k' ? k : dynamicAxis == 'b' ? batch : 1};
}

int ContractCase::symbolicAxis(int operand) const {
  if (form != Form::Matmul) {
    bool filterShape = (operand == 1 && form != Form::ConvFilter) || (operand == 2 && form == Form::ConvFilter);
    return dynamicBatch && !filterShape ? 0 : -1;
  }
  int first = batch ? 1 : 0;
  if (dynamicAxis == 'b')
    return batch ? 0 : -1;
  switch (operand) {
  case 0:
    return dynamicAxis == 'm' ? first + transposeA : dynamicAxis == 'k' ? first + !transposeA : -1;
  case 1:
    return dynamicAxis == 'k' ? first + transposeB : dynamicAxis == 'n' ? first + !transposeB : -1;
  default:
    return dynamicAxis == 'm' ? first : dynamicAxis == 'n' ? first + 1 : -1;
  }
}

std::string ContractCase::epilogue(const std::string &element) const {
  const std::string &e = element;
  std::ostringstream os;
  switch (finish) {
  case Finish::None:
    os << "kernel.yield %s : " << e << "\n";
    break;
  case Finish::Relu:
    os << "%z = arith.constant 0.0 : " << e << "\n%t = arith.addf %s, %e : " << e
       << "\n%r = arith.maximumf %t, %z : " << e << "\nkernel.yield %r : " << e << "\n";
    break;
  case Finish::Add:
    os << "%r = arith.addf %s, %e : " << e << "\nkernel.yield %r : " << e << "\n";
    break;
  case Finish::Update:
    os << "%h = arith.constant 0.5 : " << e << "\n%z = arith.constant 0.0 : " << e << "\n%t = arith.mulf %s, %h : " << e
       << "\n%r = arith.subf %e, %t : " << e << "\n%g = arith.cmpf ogt, %r, %z : " << e
       << "\nkernel.yield %r, %g : " << e << ", i1\n";
    break;
  }
  return os.str();
}

std::string ContractCase::module() const {
  static const char *forms[] = {"matmul", "conv2d", "conv2d_input", "conv2d_filter"};
  std::string element = f64 ? "f64" : "f32";
  struct Argument {
    std::string name, type, dims;
  };
  auto argument = [&](std::string name, const Shape &shape, int axis, std::string elementType) {
    std::ostringstream type, dims;
    type << "memref<";
    dims << "#sym.dims<";
    for (size_t i = 0; i < shape.size(); ++i) {
      bool dynamic = int(i) == axis;
      dims << (i ? ", " : "") << (dynamic ? "d" : std::to_string(shape[i]));
      type << (dynamic ? "?" : std::to_string(shape[i])) << "x";
    }
    type << elementType << ">";
    dims << ">";
    return Argument{name, type.str(), dims.str()};
  };
  Shape out = shapeOut();
  int outAxis = symbolicAxis(2);
  std::vector<Argument> arguments{argument("%a", shapeA(), symbolicAxis(0), element),
                                  argument("%b", shapeB(), symbolicAxis(1), element)};
  bool bias = finish == Finish::Relu, same = finish == Finish::Update || finish == Finish::Add;
  if (bias)
    arguments.push_back(argument("%x", {out.back()}, outAxis == int(out.size()) - 1 ? 0 : -1, element));
  if (same)
    arguments.push_back(argument("%x", out, outAxis, element));
  size_t inputs = arguments.size();
  arguments.push_back(argument("%o", out, outAxis, element));
  if (finish == Finish::Update)
    arguments.push_back(argument("%p", out, outAxis, "i1"));

  std::ostringstream os, signature, names, types;
  os << "module attributes {sym.dim_bounds = [#sym.dim_bound<\"d\", min = 0, max = 1000000, multipleOf = 1>]} {\n";
  for (const Argument &a : arguments)
    signature << ", " << a.name << ": " << a.type << " {sym.dims = " << a.dims << "}";
  for (const Argument &a : arguments) {
    names << ", " << a.name;
    types << ", " << a.type;
  }
  os << "func.func private @kernel(%d: index {sym.dim = \"d\"}" << signature.str() << ") attributes {sym.kernel} {\n";
  os << "kernel.contract " << forms[int(form)] << " ins(%a, %b : " << arguments[0].type << ", " << arguments[1].type
     << ")";
  if (inputs > 2)
    os << " extras(%x : " << arguments[2].type << ")";
  os << " outs(";
  for (size_t i = inputs; i < arguments.size(); ++i)
    os << (i > inputs ? ", " : "") << arguments[i].name;
  os << " : ";
  for (size_t i = inputs; i < arguments.size(); ++i)
    os << (i > inputs ? ", " : "") << arguments[i].type;
  os << ") attributes {axes = [";
  if (bias || same) {
    os << "array<i64: ";
    for (size_t i = same ? 0 : out.size() - 1; i < out.size(); ++i)
      os << (i && same ? ", " : "") << i;
    os << ">";
  }
  os << "], dims = [" << arguments[0].dims << ", " << arguments[1].dims << ", " << arguments[inputs].dims;
  if (inputs > 2)
    os << ", " << arguments[2].dims;
  os << "]";
  if (transposeA)
    os << ", transpose_a = true";
  if (transposeB)
    os << ", transpose_b = true";
  if (form != Form::Matmul)
    os << ", strides = array<i64: " << stride << ", " << stride << ">, dilations = array<i64: " << dilation << ", "
       << dilation << ">, padding = #sym.dims<" << top << ", " << bottom << ", " << left << ", " << right
       << ">, groups = " << groups << " : i64";
  os << "} {\n^bb0(%s: " << element << (inputs > 2 ? ", %e: " + element : "") << "):\n";
  os << epilogue(element);
  os << "}\nreturn\n}\n";
  os << "func.func @main(%d: index {sym.dim = \"d\"}" << signature.str() << ") {\n";
  os << "func.call @kernel(%d" << names.str() << ") : (index" << types.str() << ") -> ()\nreturn\n}\n}\n";
  return os.str();
}

void ContractCase::reference(const std::vector<double> &a, const std::vector<double> &b, std::vector<double> &sum,
                             std::vector<double> &magnitude) const {
  sum.assign(count(shapeOut()), 0.0);
  magnitude.assign(sum.size(), 0.0);
  auto add = [&](int64_t to, double x, double y) {
    sum[to] += x * y;
    magnitude[to] += std::fabs(x * y);
  };
  if (form == Form::Matmul) {
    for (int64_t g = 0; g < std::max<int64_t>(batch, 1); ++g)
      for (int64_t i = 0; i < m; ++i)
        for (int64_t l = 0; l < k; ++l)
          for (int64_t j = 0; j < n; ++j)
            add((g * m + i) * n + j, a[g * m * k + (transposeA ? l * m + i : i * k + l)],
                b[g * k * n + (transposeB ? j * k + l : l * n + j)]);
    return;
  }
  int64_t perGroup = channels / groups, oh = outHeight(), ow = outWidth();
  for (int64_t i = 0; i < images; ++i)
    for (int64_t y = 0; y < oh; ++y)
      for (int64_t x = 0; x < ow; ++x)
        for (int64_t ky = 0; ky < kernelHeight; ++ky)
          for (int64_t kx = 0; kx < kernelWidth; ++kx) {
            int64_t iy = y * stride + ky * dilation - top, ix = x * stride + kx * dilation - left;
            if (iy < 0 || iy >= height || ix < 0 || ix >= width)
              continue;
            for (int64_t c = 0; c < perGroup; ++c)
              for (int64_t f = 0; f < filters; ++f) {
                int64_t channel = f / (filters / groups) * perGroup + c;
                int64_t image = ((i * height + iy) * width + ix) * channels + channel;
                int64_t weight = ((ky * kernelWidth + kx) * perGroup + c) * filters + f;
                int64_t result = ((i * oh + y) * ow + x) * filters + f;
                if (form == Form::Conv)
                  add(result, a[image], b[weight]);
                else if (form == Form::ConvInput)
                  add(image, a[result], b[weight]);
                else
                  add(weight, a[image], b[result]);
              }
          }
}
