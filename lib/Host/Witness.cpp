//===- Witness.cpp - What a library computes, for `symc bisect` -----------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/Witness.h"
#include "lib/Host/Memory.h"
#include "lib/Host/SyntheticInputs.h"
#include "lib/Support/Hash.h"

#include <algorithm>
#include <cstring>

namespace symc::host {

static uint64_t hashOf(std::string_view text) {
  Hash hash;
  hash.add(text.data(), text.size());
  return hash.value();
}

static NamedArray arrayOf(std::string name, DataType type, Shape shape, const void *data) {
  NamedArray array{std::move(name), type, std::move(shape), {}, {}};
  int64_t count = elementCount(array.shape).value_or(0);
  if (isFloat(type)) {
    array.reals.resize(count);
    convert(data, type, array.reals.data(), DataType::F64, count);
    return array;
  }
  array.integers.resize(count);
  if (type == DataType::U64) // by its bits
    memcpy(array.integers.data(), data, count * sizeof(uint64_t));
  else
    convert(data, type, array.integers.data(), DataType::I64, count);
  return array;
}

/// The smallest allowed value that is not below `least`, or the largest that there is.
static int64_t allowedValue(const symc_dim &dim, int64_t least) {
  int64_t step = std::max<int64_t>(dim.multiple_of, 1), from = std::max(least, dim.min);
  int64_t value = from % step ? from - from % step + step : from;
  return value <= dim.max ? value : dim.max - dim.max % step;
}

/// The number of elements of a tensor that the machine can hold, in f64 and several times.
static int64_t countOf(const Tensor &tensor) {
  constexpr int64_t copies = 8;
  std::optional<int64_t> count = elementCount(tensor.shape);
  if (!count || saturatingMultiply(*count, copies * sizeof(double)) > machineMemory())
    throw Error(WrongEnvironment,
                makeDiagnostic(code::OutOfMemory, "",
                               formatType(tensor.type, tensor.shape) + " is too large to be examined on this machine",
                               "--dim fixes a symbolic dimension to a smaller size"));
  return *count;
}

static InstanceOptions quiet(InstanceOptions options) {
  options.prints = false;
  return options;
}

Witness::Witness(const Library &library, std::initializer_list<const char *> functions, const WitnessOptions &options)
    : library(library), options(options), instance(library, quiet(options.instance)) {
  for (const char *name : functions)
    if (int32_t index = library.find(name); index >= 0) {
      indices.push_back(index);
      names.emplace_back(name);
    }
  if (!options.params.empty())
    instance.loadParameters(options.params, options.allowExtra, options.allowMissing);
  if (options.data.data.empty() && options.data.files.empty())
    makeUp();
  else
    read();
}

void Witness::read() {
  // Prepared as data were in training, from which the codes of categories come if there are parameters.
  DataOptions prepared = options.data;
  prepared.prepareAsTrained(library, options.params);
  Dataset data = Dataset::load(library, indices, prepared, /*whole=*/true);
  dims = data.dims();
  for (size_t i = 0; i < dims.size(); ++i)
    if (dims[i] < 0)
      dims[i] = allowedValue(library.model().dims[i], library.model().dims[i].min);
  for (const Column &column : data.columns()) {
    Tensor &input = inputs[column.argument->name];
    input.type = column.type;
    input.shape = column.tensor.shape;
    int64_t count = elementCount(input.shape).value_or(0);
    input.data.resize(count * byteSize(column.type));
    if (column.tensor.type == column.type)
      memcpy(input.data.data(), column.tensor.data.data(), count * byteSize(column.type));
    else
      expandBytes(reinterpret_cast<const uint8_t *>(column.tensor.data.data()), input.data.data(), column.type, count,
                  column.scale);
  }
}

/// A few of each dimension: enough for tails, few enough for an interpreter; more where the model asks for more.
void Witness::makeUp() {
  for (int64_t least : {5, 16, 64}) {
    dims.clear();
    for (int32_t i = 0; i < library.model().dim_count; ++i)
      dims.push_back(allowedValue(library.model().dims[i], least));
    for (int64_t bound : indexBounds) {
      fill(bound);
      if (isAccepted())
        return;
    }
  }
  // The call that is made next says what is wrong.
}

void Witness::fill(int64_t bound) {
  for (int32_t f : indices)
    for (int32_t i = 0; i < library.function(f).input_count; ++i) {
      const symc_argument &argument = library.function(f).inputs[i];
      Tensor &input = inputs[argument.name];
      input.type = typeOf(argument);
      input.shape = shapeOf(argument, dims);
      int64_t count = countOf(input);
      input.data.resize(count * byteSize(input.type));
      // By the name, so that two libraries of a graph are given the same.
      SyntheticNumbers(seed() + hashOf(argument.name)).fill(input.data.data(), input.type, count, bound);
    }
}

bool Witness::isAccepted() {
  for (const std::string &name : names)
    try {
      results(name);
    } catch (const Error &error) {
      if (error.diagnostic.code == code::ModelCheck || error.diagnostic.code == code::ModelArgument)
        return false;
      throw;
    }
  return true;
}

std::vector<NamedArray> Witness::arguments() {
  std::vector<NamedArray> arrays;
  for (const auto &[name, input] : inputs)
    arrays.push_back(arrayOf(name, input.type, input.shape, input.data.data()));
  for (int32_t i = 0; i < library.model().parameter_count; ++i) {
    const char *name = library.model().parameters[i].name;
    DLTensor tensor;
    symc_status status = library.model().parameter(instance.get(), name, &tensor);
    std::optional<DataType> type = status == SYMC_OK ? fromDlpack(tensor.dtype) : std::nullopt;
    if (!type)
      throw Error(InternalError, makeDiagnostic(code::ModelInternal, library.path(),
                                                "the library does not show its parameter " + symc::quoted(name)));
    arrays.push_back(arrayOf(name, *type, Shape(tensor.shape, tensor.shape + tensor.ndim),
                             static_cast<const char *>(tensor.data) + tensor.byte_offset));
  }
  return arrays;
}

std::vector<NamedArray> Witness::results(const std::string &name) {
  int32_t index = library.require(name);
  const symc_function &function = library.function(index);
  std::vector<DLTensor> given, taken;
  for (int32_t i = 0; i < function.input_count; ++i) {
    Tensor &input = inputs.at(function.inputs[i].name);
    given.push_back(view(input.data.data(), input.type, input.shape));
  }
  std::vector<Tensor> tensors(function.output_count);
  for (int32_t i = 0; i < function.output_count; ++i) {
    tensors[i].type = typeOf(function.outputs[i]);
    tensors[i].shape = library.outputShape(index, i, dims);
    tensors[i].data.resize(countOf(tensors[i]) * byteSize(tensors[i].type));
    taken.push_back(view(tensors[i].data.data(), tensors[i].type, tensors[i].shape));
  }
  instance.call(index, given, taken, options.data.data);
  std::vector<NamedArray> arrays;
  for (int32_t i = 0; i < function.output_count; ++i)
    arrays.push_back(arrayOf(function.outputs[i].name, tensors[i].type, tensors[i].shape, tensors[i].data.data()));
  return arrays;
}

} // namespace symc::host
