//===- LogImages.cpp - Values of nodes as images -------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/LogImages.h"
#include "lib/Host/Picture.h"
#include "lib/Host/Results.h"
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
        if (std::find(kernels.begin(), kernels.end(), &model.parameters[i]) == kernels.end()) // of another name, too
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
  BatchReader reader(data, called, count);
  Results results(library, function, data.dimsOfBatch(library, count), values);
  instance.call(function, reader.slice(first, count), results.tensors(), data.name());
  for (int32_t i : values) {
    std::vector<Picture> pictures = picturesOf(results.reals(i), results.shape(i));
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
