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
#include "lib/Support/KeptInitial.h"
#include "lib/Support/KeptTexts.h"

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

} // namespace

void loadFitting(Instance &instance, const std::string &path, bool allowExtra) {
  const symc_model &model = instance.library().model();
  Opened opened(path);
  KeptInitial kept;
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
    kept.add(parameter.name, tensor, parameter.type);
  }
  for (size_t i = 0; i < opened.file.tensorCount && !allowExtra; ++i)
    if (const rt::FileTensor *tensor = &opened.file.tensors[i]; !known.count(tensor))
      throw Error(WrongInput, makeDiagnostic(code::ModelArgument, path,
                                             "model " + std::string(model.name) + " has no tensor " +
                                                 symc::quoted(tensor->name) + ", which the file holds",
                                             "--allow-extra ignores such tensors"));
  if (kept.isAll(model.parameter_count))
    throw Error(WrongInput, makeDiagnostic(code::ModelArgument, path, kept.nothingFits(model.name)));
  opened.read();
  if (!kept.empty())
    remark(code::KeptInitial, kept.remark(model.parameter_count), path);
}

/// The tensor of a file that fits the first parameter of the model that the file does not have, and ends as its name
/// does (`fc/kernel`, `net.fc.kernel` for `block/fc/kernel`); empty when there is no such one, or none that is nearest.
static std::string misnamedTensor(const symc_model &model, Opened &opened) {
  const auto *end = model.parameters + model.parameter_count;
  const auto *lacking = std::find_if(model.parameters, end, [&](const auto &p) { return !opened.file.find(p.name); });
  if (lacking == end)
    return "";
  // How many segments from the end are the same; the last one alone says little.
  auto common = [&](std::string name) {
    std::replace(name.begin(), name.end(), '.', '/');
    std::string_view a = lacking->name, b = name;
    size_t count = 0;
    while (!a.empty() && !b.empty()) {
      size_t i = a.rfind('/') + 1, k = b.rfind('/') + 1;
      if (a.substr(i) != b.substr(k))
        break;
      ++count;
      a = a.substr(0, i ? i - 1 : 0);
      b = b.substr(0, k ? k - 1 : 0);
    }
    return count > 1 || a.empty() || b.empty() ? count : 0;
  };
  size_t most = 0;
  std::string best;
  for (size_t i = 0; i < opened.file.tensorCount; ++i) {
    const rt::FileTensor &tensor = opened.file.tensors[i];
    bool known = std::any_of(model.parameters, end, [&](const auto &p) { return !strcmp(p.name, tensor.name); });
    size_t count = known || !fits(tensor, *lacking) ? 0 : common(tensor.name);
    if (count && count >= most) {
      best = count > most ? tensor.name : "";
      most = count;
    }
  }
  return best;
}

std::string fittingHint(const symc_model &model, const std::string &path, bool allowExtra) {
  Opened opened(path);
  if (std::string similar = misnamedTensor(model, opened); !similar.empty())
    return "perhaps it is the file's " + symc::quoted(std::string_view(similar)) +
           ", which has that type and shape and is no parameter's name";
  std::set<std::string_view> names;
  bool allFit = true;
  for (int32_t i = 0; i < model.parameter_count; ++i) {
    rt::FileTensor *tensor = opened.file.find(model.parameters[i].name);
    allFit &= tensor && fits(*tensor, model.parameters[i]);
    names.insert(model.parameters[i].name);
  }
  bool hasExtra = false;
  for (size_t i = 0; i < opened.file.tensorCount && !allowExtra; ++i)
    hasExtra |= !names.count(opened.file.tensors[i].name);
  std::string hint = allFit ? "" : "--allow-missing starts from the tensors that fit";
  if (hasExtra)
    hint +=
        allFit ? "--allow-extra ignores such tensors" : ", --allow-extra ignores those that the model does not have";
  return hint;
}

void saveWithTexts(Instance &instance, const std::string &path,
                   const std::vector<std::pair<std::string, std::string>> &texts) {
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
  std::vector<rt::Metadata> metadata;
  for (const auto &[key, text] : texts)
    metadata.push_back({key.c_str(), text.c_str()});
  char reason[rt::errorSize];
  if (symc_status status = rt::writeSafetensors(allocator, path.c_str(), tensors.data(), tensors.size(),
                                                metadata.data(), metadata.size(), /*checksum=*/false, reason))
    throw statusError(status, reason, path);
}

std::vector<std::optional<std::string>> textsOfWeights(const std::string &path, const std::vector<const char *> &keys) {
  Opened opened(path);
  std::vector<std::optional<std::string>> texts;
  for (const char *key : keys)
    texts.push_back(keptText(opened.file, key));
  return texts;
}

} // namespace symc::host
