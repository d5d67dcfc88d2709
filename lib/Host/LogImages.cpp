//===- LogImages.cpp - Values of nodes as images -------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/LogImages.h"
#include "lib/Host/Picture.h"
#include "lib/Support/SharedNames.h"

#include <algorithm>

namespace symc::host {

/// "conv1/kernel" is of "conv1", and of itself.
static bool isOf(std::string_view parameter, std::string_view node) {
  return parameter.substr(0, node.size()) == node && (parameter.size() == node.size() || parameter[node.size()] == '/');
}

LogImages::LogImages(const Library &library, const std::vector<std::string> &names) : library(library) {
  const symc_model &model = library.model();
  function = library.find(kWatched);
  bool isGraph = function >= 0; // compiled for this run
  if (function < 0)
    function = library.find("predict");
  for (const std::string &name : names) {
    bool found = false;
    for (int32_t i = 0; i < model.parameter_count; ++i)
      if (model.parameters[i].rank == 4 && isOf(model.parameters[i].name, name)) {
        kernels.push_back(&model.parameters[i]);
        found = true;
      }
    int32_t outputs = function < 0 ? 0 : library.function(function).output_count;
    for (int32_t i = 0; i < outputs; ++i) {
      const symc_argument &output = library.function(function).outputs[i];
      if (name == output.name && isShowable(output.rank)) {
        values.push_back(i);
        found = true;
      }
    }
    if (!found && !isGraph)
      throw usageError(code::OptionValue,
                       "--log-images " + name + ": " + printable(library.path()) +
                           " has no output of two to four dimensions and no kernel of that name",
                       "give the graph file: of a library only outputs and kernels can be shown");
  }
}

void LogImages::addValues(EventFile &file, Instance &instance, const Dataset &data, int64_t first,
                          int64_t count) const {
  if (values.empty())
    return;
  const symc_function &called = library.function(function);
  std::vector<int64_t> dims = data.dims();
  for (size_t i = 0; i < dims.size(); ++i)
    if (dims[i] < 0)
      dims[i] = static_cast<int32_t>(i) == data.axis().dim ? count : library.model().dims[i].min;
  BatchReader reader(data, called, count);
  std::vector<Shape> shapes(called.output_count);
  std::vector<Buffer> memory(called.output_count);
  std::vector<DLTensor> results;
  for (int32_t i = 0; i < called.output_count; ++i) {
    shapes[i] = library.outputShape(function, i, dims);
    if (std::find(values.begin(), values.end(), i) != values.end())
      memory[i].resize(elementCount(shapes[i]).value_or(0) * byteSize(typeOf(called.outputs[i])));
    results.push_back(view(memory[i].size() ? memory[i].data() : nullptr, typeOf(called.outputs[i]), shapes[i]));
  }
  instance.call(function, reader.slice(first, count), results, data.name());
  for (int32_t i : values) {
    std::vector<double> numbers(elementCount(shapes[i]).value_or(0));
    convert(memory[i].data(), typeOf(called.outputs[i]), numbers.data(), DataType::F64,
            static_cast<int64_t>(numbers.size()));
    std::vector<Picture> pictures = picturesOf(numbers, shapes[i]);
    for (size_t p = 0; p < pictures.size(); ++p)
      file.image(std::string(called.outputs[i].name) + "/image/" + std::to_string(p), instance.step(), pictures[p]);
  }
}

void LogImages::addFilters(EventFile &file, Instance &instance) const {
  for (const symc_parameter *kernel : kernels)
    if (std::vector<double> values = parameterValues(instance, *kernel); !values.empty())
      file.image(std::string(kernel->name) + "/filters", instance.step(),
                 filtersOf(values, Shape(kernel->shape, kernel->shape + kernel->rank)));
}

std::vector<double> parameterValues(Instance &instance, const symc_parameter &parameter) {
  DLTensor view;
  std::optional<DataType> type = fromDlpack(parameter.dtype);
  if (!type || instance.library().model().parameter(instance.get(), parameter.name, &view) != SYMC_OK)
    return {};
  std::vector<double> values(parameter.count);
  convert(static_cast<const char *>(view.data) + view.byte_offset, *type, values.data(), DataType::F64,
          parameter.count);
  return values;
}

} // namespace symc::host
