//===- Weights.cpp - Files of parameters --------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// What a library does by itself, it does: this is for what its interface does not have.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/Weights.h"
#include "lib/Host/OutputFile.h"
#include "lib/Support/Safetensors.h"

#include <algorithm>
#include <cstring>

namespace symc::host {

namespace {

/// An open file with the memory of its names.
struct Opened {
  explicit Opened(const std::string &path) : path(path) {
    if (symc_status status = file.open(path.c_str(), reason))
      throw statusError(status, reason, path);
  }
  void read() {
    if (symc_status status = file.readTensors(path.c_str(), reason))
      throw statusError(status, reason, path);
  }

  const std::string &path;
  char reason[rt::errorSize];
  rt::Allocator allocator;
  rt::SafetensorsFile file{allocator};
};

DLTensor viewOf(Instance &instance, const symc_parameter &parameter) {
  const symc_model &model = instance.library().model();
  DLTensor view;
  if (symc_status status = model.parameter(instance.get(), parameter.name, &view))
    throw statusError(status, model.error(instance.get()), instance.library().path());
  return view;
}

const char *fileTypeOf(const symc_parameter &parameter) {
  const ElementTypeInfo *type = findElementType(parameter.dtype.code, parameter.dtype.bits);
  return type ? type->safetensors : "";
}

bool fits(const rt::FileTensor &tensor, const symc_parameter &parameter) {
  return !strcmp(tensor.dtype, fileTypeOf(parameter)) && tensor.rank == parameter.rank &&
         std::equal(tensor.shape, tensor.shape + tensor.rank, parameter.shape);
}

/// "f32[2, 16]", as in the graph file.
std::string typeOf(const rt::FileTensor &tensor) {
  std::string type = tensor.dtype;
  for (char &c : type)
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  type += '[';
  for (int32_t axis = 0; axis < tensor.rank; ++axis)
    type += (axis ? ", " : "") + std::to_string(tensor.shape[axis]);
  return type + ']';
}

} // namespace

void loadFitting(Instance &instance, const std::string &path, bool allowExtra) {
  const symc_model &model = instance.library().model();
  Opened opened(path);
  std::string kept;
  int32_t keptCount = 0;
  std::set<const rt::FileTensor *> known;
  for (int32_t i = 0; i < model.parameter_count; ++i) {
    const symc_parameter &parameter = model.parameters[i];
    rt::FileTensor *tensor = opened.file.find(parameter.name);
    if (tensor)
      known.insert(tensor);
    if (tensor && fits(*tensor, parameter)) {
      DLTensor view = viewOf(instance, parameter);
      tensor->data = static_cast<char *>(view.data) + view.byte_offset;
      continue;
    }
    kept += (keptCount++ ? ", " : "") + symc::quoted(parameter.name) +
            (tensor ? " (" + typeOf(*tensor) + " in the file, " + parameter.type + " in the model)" : "");
  }
  for (size_t i = 0; i < opened.file.tensorCount && !allowExtra; ++i)
    if (const rt::FileTensor *tensor = &opened.file.tensors[i]; !known.count(tensor))
      throw Error(WrongInput, makeDiagnostic(code::ModelArgument, path,
                                             "model " + std::string(model.name) + " has no tensor " +
                                                 symc::quoted(tensor->name) + ", which the file holds",
                                             "--allow-extra ignores such tensors"));
  if (keptCount == model.parameter_count && keptCount)
    throw Error(WrongInput, makeDiagnostic(code::ModelArgument, path,
                                           "holds no tensor that fits model " + std::string(model.name) +
                                               "; its parameters: " + kept));
  opened.read();
  if (keptCount)
    remark(code::KeptInitial,
           std::to_string(keptCount) + " of " + std::to_string(model.parameter_count) + " parameters " +
               (keptCount == 1 ? "keeps its initial value: " : "keep their initial values: ") + kept,
           path);
}

void saveWithText(Instance &instance, const std::string &path, const std::string &key, const std::string &text) {
  const symc_model &model = instance.library().model();
  HeldPipe pipe(path);
  std::vector<rt::FileTensor> tensors;
  // Larger elements first, so that all of them are aligned in the file: the order of the instance's own files.
  for (size_t size = 8; size > 0; size /= 2)
    for (int32_t i = 0; i < model.parameter_count; ++i) {
      const symc_parameter &parameter = model.parameters[i];
      const ElementTypeInfo *type = findElementType(parameter.dtype.code, parameter.dtype.bits);
      if (!type || type->bytes != size)
        continue;
      DLTensor view = viewOf(instance, parameter);
      tensors.push_back({parameter.name, type->safetensors, parameter.shape, parameter.rank, 0, parameter.count * size,
                         static_cast<char *>(view.data) + view.byte_offset});
    }
  rt::Allocator allocator;
  const rt::Metadata metadata[] = {{key.c_str(), text.c_str()}};
  char reason[rt::errorSize];
  if (symc_status status = rt::writeSafetensors(allocator, path.c_str(), tensors.data(), tensors.size(), metadata, 1,
                                                /*checksum=*/false, reason))
    throw statusError(status, reason, path);
}

std::optional<std::string> textOfWeights(const std::string &path, const char *key) {
  Opened opened(path);
  const char *text = opened.file.meta(key);
  return text ? std::optional<std::string>(text) : std::nullopt;
}

} // namespace symc::host
