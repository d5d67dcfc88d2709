//===- TrainLog.cpp - What TensorBoard shows of a run ---------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/TrainLog.h"

namespace symc::host {

TrainLog::TrainLog(const std::string &directory, bool withValidation) : train(directory + "/train") {
  if (withValidation)
    validation = std::make_unique<EventFile>(directory + "/validation");
}

void TrainLog::add(const std::vector<std::string> &scores, const std::vector<double> &row, Instance &instance) {
  int64_t step = static_cast<int64_t>(row[1]);
  for (size_t i = 0; i < scores.size(); ++i) {
    train.scalar(scores[i], step, row[2 + i]);
    if (validation)
      validation->scalar(scores[i], step, row[2 + scores.size() + i]);
  }
  const symc_model &model = instance.library().model();
  for (int32_t i = 0; i < model.parameter_count; ++i) {
    const symc_parameter &parameter = model.parameters[i];
    DLTensor view;
    std::optional<DataType> type = fromDlpack(parameter.dtype);
    if (!type || !isFloat(*type) || model.parameter(instance.get(), parameter.name, &view) != SYMC_OK)
      continue;
    std::vector<double> values(parameter.count);
    convert(static_cast<const char *>(view.data) + view.byte_offset, *type, values.data(), DataType::F64,
            parameter.count);
    train.histogram(parameter.name, step, values);
  }
  train.flush();
  if (validation)
    validation->flush();
}

} // namespace symc::host
