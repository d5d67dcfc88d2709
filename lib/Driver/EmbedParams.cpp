//===- EmbedParams.cpp - Weights of a file as initial values --------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Reads the file with the reader that a model itself uses, so that what can be
// embedded is what could be loaded.
//
//===----------------------------------------------------------------------===//

#include "lib/Driver/EmbedParams.h"
#include "lib/Support/KeptInitial.h"
#include "lib/Support/KeptTexts.h"
#include "lib/Support/Suggest.h"

#include <algorithm>
#include <nlohmann/json.hpp>

using namespace symc;

bool symc::embedParameters(ModelDescription &model, const BuildOptions &options, Diagnostics &diagnostics) {
  auto fail = [&](std::string message, std::string suggestion = "") {
    diagnostics.report({Severity::Error,
                        std::string(code::ModelFile),
                        options.params,
                        0,
                        0,
                        0,
                        0,
                        std::move(message),
                        "",
                        std::move(suggestion),
                        {}});
    return false;
  };
  rt::Allocator allocator;
  rt::SafetensorsFile file(allocator);
  char reason[rt::errorSize];
  if (file.open(options.params.c_str(), reason) != SYMC_OK)
    return fail(reason);
  bool good = true;
  // What `symc train` keeps beside parameters; what reads the library looks at it closer.
  for (auto [key, text] : {std::pair(kCategoriesKey, &model.categories), {kScaleKey, &model.scale}}) {
    std::optional<std::string> kept = keptText(file, key);
    *text = kept.value_or("");
    if (kept && !parsedJson(*text).is_object())
      good = fail("holds no JSON object, with each input once, under " + symc::quoted(key));
  }
  for (size_t i = 0; i < file.tensorCount && !options.allowExtra; ++i) {
    std::string_view name = file.tensors[i].name;
    auto hasName = [&](const SlotDescription &parameter) { return parameter.name == name; };
    if (llvm::any_of(model.parameters, hasName))
      continue;
    Suggestion near(name);
    for (const SlotDescription &parameter : model.parameters)
      near.consider(parameter.name);
    good = fail("the model has no parameter " + symc::quoted(name) + "; --allow-extra ignores the tensor", near.best());
  }
  KeptInitial kept;
  for (SlotDescription &parameter : model.parameters) {
    rt::FileTensor *tensor = file.find(parameter.name.c_str());
    if (!tensor && options.allowMissing) {
      kept.add(parameter.name, nullptr, parameter.type);
      continue;
    }
    if (!tensor) {
      good =
          fail("there is no tensor " + symc::quoted(parameter.name) + "; --allow-missing starts from those that fit");
      continue;
    }
    std::vector<int64_t> shape(tensor->shape, tensor->shape + tensor->rank);
    if (tensor->dtype != std::string_view(infoOf(parameter.element).safetensors) || shape != parameter.shape) {
      if (options.allowMissing) {
        kept.add(parameter.name, tensor, parameter.type);
        continue;
      }
      good = fail("tensor " + symc::quoted(parameter.name) + " is " + typeText(*tensor) + ", but the parameter is " +
                  parameter.type);
      continue;
    }
    auto bytes = std::make_shared<std::vector<char>>(tensor->end - tensor->begin);
    tensor->data = bytes->data();
    parameter.init = InitKind::Data;
    parameter.embedded = true;
    parameter.data = {std::string_view(bytes->data(), bytes->size()), bytes};
  }
  if (kept.isAll(model.parameters.size()))
    return fail(kept.nothingFits(model.name));
  if (!kept.empty() && good)
    diagnostics.report({Severity::Remark,
                        std::string(code::KeptInitial),
                        options.params,
                        0,
                        0,
                        0,
                        0,
                        kept.remark(model.parameters.size()),
                        "",
                        "",
                        {}});
  if (good && file.readTensors(options.params.c_str(), reason) != SYMC_OK)
    return fail(reason);
  return good;
}
