//===- Categories.cpp - Texts that stand for numbers --------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/Categories.h"
#include "lib/Host/Weights.h"
#include "lib/Support/Json.h"
#include "lib/Support/SharedNames.h"

#include <nlohmann/json.hpp>

namespace symc::host {

std::string categoriesText(const CategoryCodes &codes) { return jsonLine(Json(codes)); }

static CategoryCodes parse(const nlohmann::json &json, const std::string &file) {
  try {
    CategoryCodes codes = json.get<CategoryCodes>();
    for (const auto &[input, columns] : codes)
      for (const std::vector<std::string> &texts : columns)
        for (size_t i = 0; i < texts.size(); ++i)
          if (texts[i].empty() || (i && texts[i - 1] >= texts[i]))
            throw nlohmann::json::other_error::create(0, "not in order", nullptr);
    return codes;
  } catch (const nlohmann::json::exception &) {
    throw dataError(code::CategoryCodes, file,
                    "holds no valid codes of categories under " + symc::quoted(kCategoriesKey),
                    "`symc train --categories` writes them");
  }
}

CategoryCodes categoriesOf(const Library &library, const std::string &params) {
  if (!params.empty()) {
    std::optional<std::string> text = textOfWeights(params, kCategoriesKey);
    return text ? parse(nlohmann::json::parse(*text, nullptr, /*allow_exceptions=*/false), params) : CategoryCodes();
  }
  nlohmann::json manifest = nlohmann::json::parse(library.model().manifest, nullptr, false);
  auto found = manifest.find("categories");
  return found == manifest.end() ? CategoryCodes() : parse(*found, library.path());
}

void saveWithCategories(Instance &instance, const std::string &path, const CategoryCodes &codes) {
  if (codes.empty())
    instance.saveParameters(path);
  else
    saveWithText(instance, path, kCategoriesKey, categoriesText(codes));
}

} // namespace symc::host
