//===- Preparation.cpp - What is done to data before a model gets it -----===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/Preparation.h"
#include "lib/Host/Weights.h"
#include "lib/Support/Json.h"
#include "lib/Support/SharedNames.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace symc::host {

std::string categoriesText(const CategoryCodes &codes) { return jsonLine(Json(codes)); }

static bool isValid(const CategoryCodes &codes) {
  for (const auto &[input, columns] : codes)
    for (const std::vector<std::string> &texts : columns)
      for (size_t i = 0; i < texts.size(); ++i)
        if (texts[i].empty() || (i && texts[i - 1] >= texts[i]))
          return false;
  return true;
}

static bool isValid(const ScaleFactors &scale) {
  return std::all_of(scale.begin(), scale.end(),
                     [](const auto &item) { return std::isfinite(item.second) && item.second != 0; });
}

/// Reads a part of what stands beside parameters; `what` and `option` tell of it.
template <typename Part>
static void read(const Json &json, Part &part, const std::string &file, std::string_view code, const char *what,
                 const char *key, const char *option) {
  try {
    part = json.get<Part>();
    if (isValid(part))
      return;
  } catch (const nlohmann::json::exception &) {
  }
  throw dataError(code, file, std::string("holds no valid ") + what + " under " + symc::quoted(key),
                  std::string("`symc train ") + option + "` writes them");
}

Preparation preparationOf(const Library &library, const std::string &params) {
  Preparation preparation;
  auto readCodes = [&](const Json &json, const std::string &file) {
    read(json, preparation.codes, file, code::CategoryCodes, "codes of categories", kCategoriesKey, "--categories");
  };
  auto readScale = [&](const Json &json, const std::string &file) {
    read(json, preparation.scale, file, code::KeptScale, "factors of inputs", kScaleKey, "--scale");
  };
  if (!params.empty()) {
    std::vector<std::optional<std::string>> texts = textsOfWeights(params, {kCategoriesKey, kScaleKey});
    if (texts[0])
      readCodes(parsedJson(*texts[0]), params);
    if (texts[1])
      readScale(parsedJson(*texts[1]), params);
    return preparation;
  }
  Json manifest = parsedJson(library.model().manifest);
  if (auto found = manifest.find("categories"); found != manifest.end())
    readCodes(*found, library.path());
  if (auto found = manifest.find("scale"); found != manifest.end())
    readScale(*found, library.path());
  return preparation;
}

std::vector<std::pair<std::string, std::string>> textsOf(const Preparation &preparation) {
  std::vector<std::pair<std::string, std::string>> texts;
  if (!preparation.codes.empty())
    texts.emplace_back(kCategoriesKey, categoriesText(preparation.codes));
  if (!preparation.scale.empty())
    texts.emplace_back(kScaleKey, jsonLine(Json(preparation.scale)));
  return texts;
}

void saveParameters(Instance &instance, const std::string &path, const Preparation &preparation) {
  std::vector<std::pair<std::string, std::string>> texts = textsOf(preparation);
  if (texts.empty())
    instance.saveParameters(path);
  else
    saveWithTexts(instance, path, texts);
}

} // namespace symc::host
