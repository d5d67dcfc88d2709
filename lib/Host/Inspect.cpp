//===- Inspect.cpp - `symc inspect` ---------------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/Bench.h"

#include <cstdio>
#include <nlohmann/json.hpp>

namespace symc::host {

using nlohmann::ordered_json;

/// The dimensions that a function uses are all in `values`.
static bool covers(const symc_model &model, const symc_function &function, const DimValues &values) {
  for (int32_t i = 0; i < function.dim_count; ++i)
    if (!values.count(model.dims[function.dims[i]].name))
      return false;
  return true;
}

int inspect(const Library &library, const DimValues &values) {
  const symc_model &model = library.model();
  ordered_json manifest = ordered_json::parse(model.manifest, nullptr, false);
  if (!manifest.is_object())
    throw dataError(code::NotALibrary, library.path(), "holds a manifest that is not JSON");
  bool planned = false;
  for (int32_t i = 0; i < model.function_count && !values.empty(); ++i) {
    const symc_function &function = model.functions[i];
    // A function with more dimensions than were given keeps its formula, unless none has all that it needs.
    if (!covers(model, function, values) && (planned || i + 1 < model.function_count))
      continue;
    std::vector<int64_t> dims = library.dimensions(i, values);
    int64_t arena = 0, live = 0;
    if (symc_status status = model.plan(&model, i, dims.data(), &arena, &live))
      throw statusError(status, library.model().error(nullptr), library.path());
    manifest["memory"][function.name] = {{"arena_bytes", arena}, {"live_bytes", live}};
    planned = true;
  }
  printf("%s\n", manifest.dump(2, ' ', false, ordered_json::error_handler_t::replace).c_str());
  return Done;
}

} // namespace symc::host
