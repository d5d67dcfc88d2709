//===- Library.cpp - A compiled model, opened -----------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/Library.h"
#include "lib/Host/OutputFile.h"
#include "lib/Host/Show.h"
#include "lib/Host/Weights.h"
#include "lib/Support/Suggest.h"
#include "lib/Support/SystemErrors.h"

#include <cstdlib>
#include <dlfcn.h>
#include <memory>
#include <nlohmann/json.hpp>

namespace symc::host {

/// MODEL of the library's `MODEL_model`; empty when it has none.
static std::string modelName(const std::set<std::string> &symbols) {
  constexpr std::string_view ending = "_model";
  for (const std::string &symbol : symbols) {
    if (symbol.size() <= ending.size() || symbol.compare(symbol.size() - ending.size(), ending.size(), ending))
      continue;
    std::string name = symbol.substr(0, symbol.size() - ending.size());
    if (symbols.count(name + "_create") && symbols.count(name + "_options_default"))
      return name;
  }
  return {};
}

Library::Library(const std::string &path, const std::string &shownAs) : file(shownAs.empty() ? path : shownAs) {
  std::string name = modelName(exportedSymbols(path));
  if (name.empty())
    throw dataError(code::NotALibrary, path,
                    "is not a library that symc wrote: it exports no reflection entry MODEL_model");
  // An absolute path keeps the loader from searching the library path for a bare file name.
  std::unique_ptr<char, decltype(&free)> absolute(realpath(path.c_str(), nullptr), &free);
  // Never closed: the reflection structs are in use until the end of the process.
  void *handle = dlopen(absolute ? absolute.get() : path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle)
    throw dataError(code::LibraryLoad, path, std::string("cannot be loaded: ") + dlerror());
  auto entry = reinterpret_cast<const symc_model *(*)()>(dlsym(handle, (name + "_model").c_str()));
  reflected = entry ? entry() : nullptr;
  if (!reflected)
    throw dataError(code::NotALibrary, path, "gives no reflection struct");
  if (reflected->abi != SYMC_ABI_VERSION)
    throw dataError(code::LibraryVersion, path,
                    "has ABI version " + std::to_string(reflected->abi) + "; this symc knows version " +
                        std::to_string(SYMC_ABI_VERSION),
                    "compile the graph again with this symc");
  if (auto options = reinterpret_cast<symc_options (*)()>(dlsym(handle, (name + "_options_default").c_str())))
    defaults = options();
  constexpr size_t used = offsetof(symc_model, reset); // by this program
  if (reflected->size < used)
    throw dataError(code::LibraryVersion, path,
                    "has a reflection struct of " + std::to_string(reflected->size) + " bytes; this symc needs " +
                        std::to_string(used),
                    "compile the graph again with this symc");
}

symc_options Library::settings(const InstanceOptions &given) const {
  symc_options settings = {};
  settings.size = sizeof settings;
  settings.threads = given.threads.value_or(defaults.threads);
  settings.seed = given.seed.value_or(defaults.seed);
  settings.print = given.prints ? showPrinted : nullptr;
  return settings;
}

bool Library::hasTracePoints() const {
  return reflected->size > offsetof(symc_model, trace) && reflected->trace != nullptr;
}

std::set<std::string> Library::inputs() const {
  std::set<std::string> names;
  for (int32_t f = 0; f < reflected->function_count; ++f)
    for (int32_t i = 0; i < reflected->functions[f].input_count; ++i)
      names.insert(reflected->functions[f].inputs[i].name);
  nlohmann::json manifest = nlohmann::json::parse(reflected->manifest, nullptr, /*allow_exceptions=*/false);
  if (auto list = manifest.find("inputs"); list != manifest.end())
    for (const nlohmann::json &name : *list)
      if (name.is_string())
        names.insert(name.get<std::string>());
  return names;
}

const symc_argument *Library::input(std::string_view name) const {
  for (int32_t f = 0; f < reflected->function_count; ++f)
    for (int32_t i = 0; i < reflected->functions[f].input_count; ++i)
      if (reflected->functions[f].inputs[i].name == name)
        return &reflected->functions[f].inputs[i];
  return nullptr;
}

void Library::warnOfInitialParameters(const symc_function &function) const {
  nlohmann::json manifest = nlohmann::json::parse(reflected->manifest, nullptr, false);
  std::set<std::string> initial;
  try {
    for (const nlohmann::json &parameter : manifest.at("parameters"))
      if (!parameter.value("embedded", false))
        initial.insert(parameter.at("name").get<std::string>());
    for (const nlohmann::json &entry : manifest.at("functions"))
      if (entry.at("name").get<std::string>() == function.name) {
        size_t count = 0;
        for (const nlohmann::json &name : entry.at("parameters"))
          count += initial.count(name.get<std::string>());
        if (count)
          warn(code::InitialParameters,
               std::to_string(count) + (count == 1 ? " parameter of " : " parameters of ") +
                   symc::quoted(function.name) + (count == 1 ? " has its initial value" : " have their initial values"),
               file, "--params W.safetensors gives trained ones");
      }
  } catch (const nlohmann::json::exception &) {
    // A manifest without them has nothing to say.
  }
}

int32_t Library::find(std::string_view function) const {
  for (int32_t i = 0; i < reflected->function_count; ++i)
    if (reflected->functions[i].name == function)
      return i;
  return -1;
}

int32_t Library::require(const std::string &function, const std::string &option) const {
  if (int32_t index = find(function); index >= 0)
    return index;
  Suggestion near(function);
  std::string names;
  for (int32_t i = 0; i < reflected->function_count; ++i) {
    near.consider(reflected->functions[i].name);
    names += (i ? ", " : "") + std::string(reflected->functions[i].name);
  }
  bool training = function == "train_step" || function == "evaluate" || function == "loss" || function == "gradients";
  std::string message = "has no function " + symc::quoted(function) + "; it has " + names;
  Diagnostic diagnostic = option.empty()
                              ? makeDiagnostic(code::MissingFunction, file, message)
                              : makeDiagnostic(code::OptionValue, "", option + ": " + printable(file) + " " + message);
  if (training)
    diagnostic.hint = "the graph needs a `train` section, and `--functions`, if given, must name " + function;
  else
    diagnostic.suggestion = near.best();
  throw Error(option.empty() ? WrongInput : WrongUsage, diagnostic);
}

std::vector<int64_t> Library::dimensions(int32_t function, const DimValues &values) const {
  for (const auto &[name, value] : values) {
    Suggestion near(name);
    bool known = false;
    std::string all;
    for (int32_t i = 0; i < reflected->dim_count; ++i) {
      known |= name == reflected->dims[i].name;
      all += (i ? ", " : "") + symc::quoted(reflected->dims[i].name);
      near.consider(reflected->dims[i].name);
    }
    if (!known)
      throw usageError(code::OptionValue, printable(file) + " has no symbolic dimension " + symc::quoted(name),
                       !near.best().empty() ? ""
                       : all.empty()        ? "its dimensions are all fixed"
                                            : "its dimensions: " + all,
                       near.best());
  }
  std::vector<int64_t> dims;
  std::set<int32_t> used;
  for (int32_t i = 0; i < reflected->functions[function].dim_count; ++i)
    used.insert(reflected->functions[function].dims[i]);
  for (int32_t i = 0; i < reflected->dim_count; ++i) {
    const symc_dim &dim = reflected->dims[i];
    int64_t smallest = (std::max<int64_t>(dim.min, 0) + dim.multiple_of - 1) / dim.multiple_of * dim.multiple_of;
    auto given = values.find(dim.name);
    if (given == values.end()) {
      if (used.count(i))
        throw usageError(code::MissingOption,
                         std::string(reflected->functions[function].name) + " needs a value for dimension " +
                             symc::quoted(dim.name),
                         std::string("give it as --dim ") + dim.name + "=32");
      dims.push_back(smallest);
      continue;
    }
    int64_t value = given->second;
    if (!inBounds(i, value))
      throw usageError(code::OptionValue, std::string("--dim ") + dim.name + "=" + std::to_string(value) +
                                              " is outside the bounds of the dimension" + bounds(i));
    dims.push_back(value);
  }
  return dims;
}

std::string Library::bounds(int32_t index) const {
  const symc_dim &dim = reflected->dims[index];
  return " (from " + std::to_string(dim.min) + (dim.max == INT64_MAX ? " on" : " to " + std::to_string(dim.max)) +
         (dim.multiple_of > 1 ? ", a multiple of " + std::to_string(dim.multiple_of) : "") + ")";
}

bool Library::inBounds(int32_t index, int64_t value) const {
  const symc_dim &dim = reflected->dims[index];
  return value >= dim.min && value <= dim.max && value % dim.multiple_of == 0;
}

Shape Library::outputShape(int32_t function, int32_t output, const std::vector<int64_t> &dims) const {
  int32_t rank = reflected->functions[function].outputs[output].rank;
  Shape shape(rank + 1); // a scalar has no sizes, but the pointer must not be null
  symc_status status = reflected->output_shape(reflected, function, output, dims.data(), shape.data());
  if (status != SYMC_OK)
    throw statusError(status, reflected->error(nullptr), file);
  shape.resize(rank);
  return shape;
}

DataType typeOf(const symc_argument &argument) {
  if (std::optional<DataType> type = fromDlpack(argument.dtype))
    return *type;
  throw dataError(code::LibraryVersion, "",
                  "argument " + symc::quoted(argument.name) +
                      " has a type that this symc does not know: " + argument.type);
}

Shape shapeOf(const symc_argument &argument, const std::vector<int64_t> &dims) {
  Shape shape(argument.shape, argument.shape + argument.rank);
  for (int32_t axis = 0; axis < argument.rank; ++axis)
    if (argument.dims[axis] >= 0)
      shape[axis] = dims[argument.dims[axis]];
  return shape;
}

Error statusError(symc_status status, const char *message, const std::string &file) {
  static constexpr struct {
    std::string_view code;
    ExitCode exit;
  } kinds[] = {{code::ModelInternal, InternalError},       {code::ModelArgument, WrongInput},
               {code::ModelMemory, WrongEnvironment},      {code::ModelFile, WrongInput},
               {code::ModelUnsupported, WrongEnvironment}, {code::ModelCheck, WrongInput},
               {code::ModelInternal, InternalError}};
  const auto &kind = kinds[status > SYMC_OK && status <= SYMC_INTERNAL ? status : 0];
  std::string text = message && *message ? message : "status " + std::to_string(status);
  // The path stands in front of the message; often it is the first thing that the model says too.
  std::string shown = printable(file);
  if (!shown.empty() && text.compare(0, shown.size() + 1, shown + " ") == 0)
    text.erase(0, shown.size() + 1);
  Diagnostic diagnostic = makeDiagnostic(kind.code, file, text);
  if (status == SYMC_IO_ERROR && saysFull(text))
    diagnostic.hint = "free some space, or write to another place";
  bool lacking = status == SYMC_IO_ERROR && saysLacking(text);
  return Error(lacking ? WrongEnvironment : kind.exit, diagnostic);
}

Instance::Instance(const Library &library, const InstanceOptions &options) : owner(library) {
  symc_options settings = library.settings(options);
  const symc_model &model = library.model();
  if (symc_status status = model.create(&model, &settings, &instance))
    throw statusError(status, model.error(nullptr), library.path());
}

Instance::~Instance() { owner.model().destroy(instance); }

void Instance::check(symc_status status, const std::string &file) const {
  if (status != SYMC_OK)
    throw statusError(status, owner.model().error(instance), file);
}

void Instance::loadParameters(const std::string &path, bool allowExtra, bool allowMissing) {
  if (allowMissing)
    return loadFitting(*this, path, allowExtra);
  const symc_model &model = owner.model();
  symc_status status = (allowExtra ? model.load_parameters_subset : model.load_parameters)(instance, path.c_str());
  if (status == SYMC_OK)
    return;
  Error error = statusError(status, model.error(instance), path);
  if (status == SYMC_INVALID_ARGUMENT)
    error.diagnostic.hint = fittingHint(model, path, allowExtra);
  throw Error(error);
}

void Instance::saveParameters(const std::string &path) {
  HeldPipe pipe(path);
  check(owner.model().save_parameters(instance, path.c_str()), path);
}

void Instance::saveState(const std::string &path, const std::string &note) {
  check(owner.model().save_state(instance, path.c_str(), note.c_str()), path);
}

std::string Instance::loadState(const std::string &path) {
  const char *note = nullptr;
  check(owner.model().load_state(instance, path.c_str(), &note), path);
  return note ? note : "";
}

int64_t Instance::step() const { return owner.model().step(instance); }

void Instance::trace(void (*hook)(void *user, const symc_trace_part *part, int32_t ends), void *user) {
  check(owner.model().trace(instance, hook, user));
}

std::vector<double> Instance::parameter(const std::string &name) const {
  DLTensor tensor;
  check(owner.model().parameter(instance, name.c_str(), &tensor));
  Shape shape(tensor.shape, tensor.shape + tensor.ndim);
  std::vector<double> values(elementCount(shape).value_or(0));
  convert(tensor.data, *fromDlpack(tensor.dtype), values.data(), DataType::F64, static_cast<int64_t>(values.size()));
  return values;
}

void Instance::setParameter(const std::string &name, const std::vector<double> &values) {
  DLTensor tensor;
  check(owner.model().parameter(instance, name.c_str(), &tensor));
  convert(values.data(), DataType::F64, tensor.data, *fromDlpack(tensor.dtype), static_cast<int64_t>(values.size()));
}

symc_status Instance::tryCall(int32_t function, const std::vector<DLTensor> &inputs,
                              const std::vector<DLTensor> &outputs) {
  return owner.model().call(instance, function, inputs.data(), outputs.data());
}

void Instance::call(int32_t function, const std::vector<DLTensor> &inputs, const std::vector<DLTensor> &outputs,
                    const std::string &data) {
  symc_status status = tryCall(function, inputs, outputs);
  check(status, status == SYMC_CHECK_FAILED ? data : "");
}

DLTensor view(void *data, DataType type, const Shape &shape) {
  DLTensor tensor = {};
  tensor.data = data;
  tensor.device.device_type = 1;
  tensor.ndim = static_cast<int32_t>(shape.size());
  tensor.dtype = toDlpack(type);
  static int64_t noAxis = 0; // a scalar's shape is empty, not missing
  tensor.shape = shape.empty() ? &noAxis : const_cast<int64_t *>(shape.data());
  return tensor;
}

} // namespace symc::host
