//===- Dataset.cpp - The data of a model's inputs -------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/Dataset.h"
#include "lib/Host/Csv.h"
#include "lib/Host/Numbers.h"
#include "lib/Support/Hash.h"
#include "lib/Support/Suggest.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <dirent.h>
#include <sys/stat.h>

namespace symc::host {

namespace {

bool isDirectory(const std::string &path) {
  struct stat status;
  return !stat(path.c_str(), &status) && S_ISDIR(status.st_mode);
}

/// Names of the `.npy` files of a directory, without the ending.
std::vector<std::string> npyNames(const std::string &path) {
  std::vector<std::string> names;
  DIR *directory = opendir(path.c_str());
  if (!directory)
    throw dataError(code::DataUnreadable, path, std::string("cannot be opened: ") + strerror(errno));
  while (dirent *entry = readdir(directory)) {
    std::string_view name = entry->d_name;
    if (name.size() > 4 && name.substr(name.size() - 4) == ".npy")
      names.emplace_back(name.substr(0, name.size() - 4));
  }
  closedir(directory);
  std::sort(names.begin(), names.end());
  return names;
}

std::string list(const std::vector<std::string> &names) {
  std::string out;
  for (size_t i = 0; i < names.size() && i < 20; ++i)
    out += (i ? ", " : "") + printable(names[i]);
  return names.empty() ? "none" : out + (names.size() > 20 ? ", …" : "");
}

constexpr char kOfOneHot[] =
    "of one-hot labels the input takes the numbers, argmax(labels, axis=-1) in NumPy; as they are "
    "they go to 'softmax_cross_entropy', as an input with an axis of classes";

} // namespace

class DatasetLoader {
public:
  DatasetLoader(const Library &library, const std::vector<int32_t> &functions, const DataOptions &options, bool whole)
      : library(library), functions(functions), options(options), whole(whole) {
    for (int32_t f : functions)
      for (int32_t i = 0; i < library.function(f).input_count; ++i) {
        const symc_argument &argument = library.function(f).inputs[i];
        if (std::none_of(needed.begin(), needed.end(), [&](auto *a) { return !strcmp(a->name, argument.name); }))
          needed.push_back(&argument);
      }
  }

  Dataset load() {
    data.label = options.data;
    data.dimValues.assign(library.model().dim_count, -1);
    dimSources.resize(library.model().dim_count);
    checkNames();
    chooseScale();
    if (!whole)
      data.batch = chooseBatchAxis(library, library.function(functions.front()));
    for (const symc_argument *argument : needed) {
      auto file = std::find_if(options.files.begin(), options.files.end(),
                               [&](const auto &item) { return item.first == argument->name; });
      if (file != options.files.end()) {
        add(*argument, openTensor(file->second));
        data.label += (data.label.empty() ? "" : ", ") + file->second;
      } else {
        fromData.push_back(argument);
      }
    }
    if (!fromData.empty())
      readData();
    // In the order of the arguments, whichever way each was read.
    std::sort(data.all.begin(), data.all.end(), [&](const Column &a, const Column &b) {
      auto place = [&](const Column &c) { return std::find(needed.begin(), needed.end(), c.argument); };
      return place(a) < place(b);
    });
    return std::move(data);
  }

private:
  /// Every name that options give is an input of the model.
  void checkNames() {
    std::set<std::string> inputs = library.inputs();
    std::vector<std::string> known(inputs.begin(), inputs.end());
    auto isNeeded = [&](const std::string &name) {
      return std::any_of(needed.begin(), needed.end(), [&](auto *a) { return a->name == name; });
    };
    auto check = [&](const char *option, const std::string &name) {
      if (std::find(known.begin(), known.end(), name) != known.end() || isNeeded(name))
        return;
      std::vector<std::string> wanted;
      for (const symc_argument *argument : needed)
        wanted.emplace_back(argument->name);
      throw usageError(code::OptionValue,
                       std::string(option) + ": the model has no input " + symc::quoted(name) +
                           "; what is needed here: " + list(wanted),
                       "", suggest(name, known));
    };
    auto once = [&](const char *option, const auto &items) {
      std::set<std::string> seen;
      for (const auto &item : items) {
        check(option, item.first);
        if (!seen.insert(item.first).second)
          throw usageError(code::RepeatedOption, std::string(option) + " gives " + symc::quoted(item.first) + " twice");
      }
    };
    once("--in", options.files);
    once("--csv-inputs", options.csvInputs);
    for (const auto &item : options.scale)
      check("--scale", item.first);
    for (const std::string &item : options.cast)
      check("--cast", item);
    for (const std::string &item : options.categories) {
      check("--categories", item);
      auto isThis = [&](const auto &given) { return given.first == item; };
      if (std::none_of(options.csvInputs.begin(), options.csvInputs.end(), isThis))
        throw usageError(code::OptionConflict,
                         "--categories " + item + ": --csv-inputs gives no columns for that input");
      if (auto file = std::find_if(options.files.begin(), options.files.end(), isThis); file != options.files.end())
        throw usageError(code::OptionConflict, "--categories " + item + ": the input comes from --in " + item + "=" +
                                                   printable(file->second));
    }
    for (const auto &file : options.files)
      if (!isNeeded(file.first))
        warn(code::UnusedData, "input " + symc::quoted(file.first) + " is not used here; its data is not read",
             file.second);
    for (const symc_argument *argument : needed)
      if (options.scale.count(argument->name) && !isFloat(typeOf(*argument)))
        throw usageError(code::OptionValue, "--scale " + std::string(argument->name) + ": the input is " +
                                                argument->type + "; only floating inputs are scaled");
  }

  /// The factors of the command, then those that are known of inputs that it does not name.
  void chooseScale() {
    for (const symc_argument *argument : needed) {
      auto asked = options.scale.find(argument->name), known = options.known.scale.find(argument->name);
      bool isKnown = known != options.known.scale.end() && isFloat(typeOf(*argument));
      if (asked == options.scale.end() && !isKnown)
        continue;
      double factor = asked != options.scale.end() ? asked->second : known->second;
      checkScale(*argument, factor);
      if (factor != 1)
        data.prepared.scale[argument->name] = factor;
      if (options.knownFrom.empty() || !isKnown)
        continue;
      std::string said = "input " + symc::quoted(argument->name) + " is multiplied by " + brief(factor);
      if (asked == options.scale.end())
        remark(code::KeptScale, said + ", as in the training of these parameters", options.knownFrom);
      else if (factor != known->second)
        remark(code::KeptScale, said + ", and was by " + brief(known->second) + " in the training of these parameters",
               options.knownFrom);
    }
  }

  /// A factor that the input's type rounds to 0 or to infinity would make all data so.
  static void checkScale(const symc_argument &argument, double scale) {
    double rounded = scale;
    if (typeOf(argument) != DataType::F64) {
      uint64_t narrow = 0;
      bool fits = !convert(&scale, DataType::F64, &narrow, typeOf(argument), 1);
      fits = fits && !convert(&narrow, typeOf(argument), &rounded, DataType::F64, 1);
      rounded = fits ? rounded : 0;
    }
    if (rounded == 0 || !std::isfinite(rounded))
      throw usageError(code::OptionValue, "--scale " + std::string(argument.name) + ": " + shortest(scale) +
                                              " is not representable in the input's type, " + argument.type);
  }

  bool isBatched(const symc_argument &argument) const {
    if (!argument.rank || whole)
      return false;
    return data.batch.dim >= 0 ? argument.dims[0] == data.batch.dim
                               : argument.dims[0] < 0 && argument.shape[0] == data.batch.fixed;
  }

  void readData() {
    const std::string &path = options.data;
    if (path.empty()) {
      std::vector<std::string> names;
      for (const symc_argument *argument : fromData)
        names.emplace_back(argument->name);
      throw usageError(code::MissingOption, "no data for " + list(names),
                       "give --data with a directory, an .npz or a .csv file, or --in " + names[0] + "=FILE");
    }
    if (!options.csvInputs.empty())
      return readCsvData(path);
    if (isDirectory(path))
      return readDirectory(path);
    std::string start = firstBytes(path, 6);
    if (start.substr(0, 2) == "PK")
      return readArchive(path);
    if (start.substr(0, 6) == "\x93NUMPY")
      throw usageError(code::OptionValue, "--data " + printable(path) + " is a single array",
                       "name its input with --in " + std::string(fromData[0]->name) + "=" + printable(path));
    bool csv = path.size() > 4 && path.compare(path.size() - 4, 4, ".csv") == 0;
    if (csv)
      throw usageError(code::MissingOption, "--data " + printable(path) + " needs --csv-inputs",
                       "say which columns make which input: --csv-inputs x=0:13,y=13");
    throw dataError(code::DataFormat, path, "is neither a directory of .npy files nor an .npz or .csv file");
  }

  void readDirectory(const std::string &path) {
    std::vector<std::string> names = npyNames(path);
    for (const symc_argument *argument : fromData) {
      if (std::find(names.begin(), names.end(), argument->name) == names.end())
        missing(path, *argument, ".npy", names);
      add(*argument, openNpy(openFile(path + "/" + argument->name + ".npy")));
    }
    warnOfExtra(path, names);
  }

  void readArchive(const std::string &path) {
    NpzArchive archive(path);
    for (const symc_argument *argument : fromData) {
      if (std::find(archive.names().begin(), archive.names().end(), argument->name) == archive.names().end())
        missing(path, *argument, "", archive.names());
      add(*argument, archive.open(argument->name));
    }
    warnOfExtra(path, archive.names());
  }

  /// Arrays that are no input of the model. What another of its functions takes is in its place here.
  void warnOfExtra(const std::string &path, std::vector<std::string> names) {
    std::set<std::string> inputs = library.inputs();
    auto isInput = [&](const std::string &name) { return inputs.count(name) > 0; };
    names.erase(std::remove_if(names.begin(), names.end(), isInput), names.end());
    if (!names.empty())
      warn(code::UnusedData,
           names.size() == 1 ? "holds an array that is no input of the model: " + list(names)
                             : "holds arrays that are no inputs of the model: " + list(names),
           path, "arrays are named like the inputs");
  }

  [[noreturn]] void missing(const std::string &path, const symc_argument &argument, const char *ending,
                            const std::vector<std::string> &names) {
    Diagnostic diagnostic = makeDiagnostic(code::MissingTensor, path,
                                           "has no " + std::string(argument.name) + ending + " for input " +
                                               symc::quoted(argument.name) + "; it holds " + list(names));
    diagnostic.suggestion = suggest(argument.name, names);
    throw Error(WrongInput, diagnostic);
  }

  void readCsvData(const std::string &path) {
    std::vector<CsvRequest> requests;
    for (const symc_argument *argument : fromData) {
      auto columns = std::find_if(options.csvInputs.begin(), options.csvInputs.end(),
                                  [&](const auto &item) { return item.first == argument->name; });
      if (columns == options.csvInputs.end())
        throw usageError(code::MissingOption,
                         "--csv-inputs gives no columns for input " + symc::quoted(argument->name));
      bool asked = options.categories.count(argument->name) > 0;
      const std::vector<std::vector<std::string>> *known = knownCodes(argument->name);
      requests.push_back(
          {argument->name, columns->second, typeOf(*argument), asked || known, known, /*implied=*/!asked && known});
    }
    CsvOptions how;
    how.delimiter = options.delimiter;
    how.heldOut = [&](int64_t rows) { return heldOutExamples(rows, options.heldOut); };
    if (!options.codesFrom.empty())
      how.codesOf = options.codesFrom;
    for (const auto &item : options.csvInputs)
      if (options.categories.count(item.first) || options.known.codes.count(item.first))
        how.textColumns.push_back(item);
    std::vector<Tensor> tensors = readCsv(openFile(path), requests, how, &data.prepared.codes);
    for (const CsvRequest &request : requests)
      if (request.implied && data.prepared.codes.count(request.input) && !options.knownFrom.empty())
        remark(code::CategoryCodes,
               "the texts of input " + symc::quoted(request.input) +
                   " have the codes of these parameters, as with --categories " + request.input,
               options.knownFrom);
    for (size_t i = 0; i < tensors.size(); ++i) {
      checkShape(*fromData[i], path, tensors[i].type, tensors[i].shape, requests[i].columns);
      addColumn(*fromData[i], std::move(tensors[i]));
    }
  }

  /// Null: the data gives them.
  const std::vector<std::vector<std::string>> *knownCodes(const std::string &input) const {
    auto known = options.known.codes.find(input);
    if (known != options.known.codes.end())
      return &known->second;
    if (options.categories.count(input) && !options.codesFrom.empty())
      throw Error(WrongUsage, makeDiagnostic(code::CategoryCodes, "",
                                             "--categories " + input + ": the " + options.codesFrom +
                                                 " give no codes for that input",
                                             "`symc train --categories " + input +
                                                 "` keeps them beside the parameters that it saves, for --params"));
    return nullptr;
  }

  /// Whether data with that shape has an axis of classes, where the input takes their numbers.
  static bool isOneHot(const symc_argument &argument, const Shape &shape) {
    return !isFloat(typeOf(argument)) && typeOf(argument) != DataType::Bool && argument.rank > 0 &&
           shape.size() == static_cast<size_t>(argument.rank) + 1 && shape.back() > 1;
  }

  void add(const symc_argument &argument, TensorFile file) {
    const std::string where = file.bytes->where;
    DataType have = file.header.type, want = typeOf(argument);
    bool bytes = have == DataType::U8 && isNumeric(want);
    const Shape &shape = file.header.shape;
    if (have != want && !bytes && !options.cast.count(argument.name))
      throw dataError(code::DataTypeMismatch, where,
                      "holds " + formatType(have, shape) + ", but input " + symc::quoted(argument.name) + " is " +
                          argument.type,
                      isOneHot(argument, shape) ? kOfOneHot : "--cast " + std::string(argument.name) + " converts it");
    checkShape(argument, where, have, file.header.shape);
    bool keepBytes = bytes && want != DataType::I8; // which does not hold them all
    addColumn(argument, readTensor(std::move(file), keepBytes ? DataType::U8 : want));
  }

  void checkShape(const symc_argument &argument, const std::string &where, DataType type, const Shape &shape,
                  const std::string &columns = {}) {
    bool batched = isBatched(argument);
    auto mismatch = [&](const std::string &why, const std::string &hint = {}) {
      throw dataError(code::DataShape, where,
                      "holds " + formatType(type, shape) + ", but input " + symc::quoted(argument.name) + " is " +
                          argument.type + why,
                      hint);
    };
    if (static_cast<int32_t>(shape.size()) != argument.rank)
      mismatch("", isOneHot(argument, shape) ? kOfOneHot : "");
    for (int32_t axis = batched; axis < argument.rank; ++axis) {
      if (argument.dims[axis] < 0) {
        bool lastLeftOut = columns.find(':') != columns.npos && shape[axis] + 1 == argument.shape[axis];
        if (shape[axis] != argument.shape[axis])
          mismatch("", lastLeftOut ? "a:b is half open: the columns from a up to, but not including, b"
                                   : hintOfBatches(argument, shape, axis));
        continue;
      }
      int32_t dim = argument.dims[axis];
      if (data.dimValues[dim] >= 0 && data.dimValues[dim] != shape[axis])
        mismatch(", where " + symc::quoted(library.model().dims[dim].name) + " is " +
                 std::to_string(data.dimValues[dim]) + " after " + dimSources[dim]);
      data.dimValues[dim] = shape[axis];
      dimSources[dim] = "input " + symc::quoted(argument.name);
    }
    if (!batched)
      return;
    if (firstBatched.empty()) {
      data.exampleCount = shape[0];
      firstBatched = argument.name;
      if (!data.exampleCount)
        throw dataError(code::DataShape, where, "holds no examples");
    } else if (shape[0] != data.exampleCount) {
      mismatch(": " + std::to_string(shape[0]) + " examples, but input " + symc::quoted(firstBatched) + " has " +
               std::to_string(data.exampleCount));
    }
  }

  /// Of data for several calls that is given to one.
  std::string hintOfBatches(const symc_argument &argument, const Shape &shape, int32_t axis) const {
    int64_t size = argument.shape[axis];
    if (!whole || axis != 0 || size <= 0 || shape[0] % size ||
        !std::equal(shape.begin() + 1, shape.end(), argument.shape + 1))
      return "";
    BatchAxis batches = chooseBatchAxis(library, library.function(functions.front()));
    return batches.fixed == size ? "--batch-size " + std::to_string(size) + " runs " + std::to_string(size) +
                                       " examples at a time, as many as the library is compiled for"
                                 : "";
  }

  void addColumn(const symc_argument &argument, Tensor tensor) {
    Column column;
    column.argument = &argument;
    column.type = typeOf(argument);
    column.batched = isBatched(argument);
    int64_t count = elementCount(tensor.shape).value_or(0);
    column.rowElements = elementCount({tensor.shape.begin() + column.batched, tensor.shape.end()}).value_or(0);
    if (auto scale = data.prepared.scale.find(argument.name); scale != data.prepared.scale.end()) {
      column.scale = scale->second;
      if (tensor.type != DataType::U8)
        scaleInPlace(tensor.data.data(), tensor.type, count, column.scale);
    }
    column.tensor = std::move(tensor);
    data.all.push_back(std::move(column));
  }

  const Library &library;
  const std::vector<int32_t> &functions;
  const DataOptions &options;
  bool whole;
  std::vector<const symc_argument *> needed, fromData;
  std::vector<std::string> dimSources;
  std::string firstBatched;
  Dataset data;
};

void DataOptions::prepareAsTrained(const Library &library, const std::string &params) {
  known = preparationOf(library, params);
  knownFrom = params.empty() ? library.path() : params;
  std::set<std::string> inputs = library.inputs();
  auto unused = [&](const std::string &input, const std::string &why) {
    warn(code::KeptScale,
         "the factor " + brief(known.scale[input]) + " of input " + symc::quoted(input) +
             " in the training of these parameters is not used: " + why,
         knownFrom);
  };
  for (const auto &[input, factor] : known.scale)
    if (!inputs.count(input))
      unused(input, "the model has no such input");
    else if (const symc_argument *argument = library.input(input); argument && !isFloat(typeOf(*argument)))
      unused(input, std::string("it is ") + argument->type + ", and only floating inputs are multiplied");
}

Dataset Dataset::load(const Library &library, const std::vector<int32_t> &functions, const DataOptions &options,
                      bool whole) {
  return DatasetLoader(library, functions, options, whole).load();
}

const Column &Dataset::column(const char *name) const {
  return *std::find_if(all.begin(), all.end(), [&](const Column &c) { return !strcmp(c.argument->name, name); });
}

std::vector<int64_t> Dataset::dimsOfBatch(const Library &library, int64_t count) const {
  std::vector<int64_t> dims = dimValues;
  for (size_t i = 0; i < dims.size(); ++i)
    if (dims[i] < 0)
      dims[i] = static_cast<int32_t>(i) == batch.dim ? count : library.model().dims[i].min;
  return dims;
}

void callOn(const Dataset &data, Instance &instance, int32_t function, const std::vector<DLTensor> &inputs,
            const std::vector<DLTensor> &outputs) {
  try {
    instance.call(function, inputs, outputs, data.name());
  } catch (Error &error) {
    if (error.diagnostic.code == code::ModelCheck && error.diagnostic.hint.empty())
      for (const auto &[input, columns] : data.preparation().codes)
        for (const std::vector<std::string> &texts : columns) {
          if (texts.empty())
            continue;
          error.diagnostic.hint += (error.diagnostic.hint.empty() ? "" : "; ") + std::string("input ") +
                                   symc::quoted(input) + " has " + std::to_string(texts.size()) + " categories: 0 is ";
          error.diagnostic.hint += symc::quoted(texts.front());
          if (texts.size() > 1)
            error.diagnostic.hint += ", …, " + std::to_string(texts.size() - 1) + " is " + symc::quoted(texts.back());
        }
    throw;
  }
}

int64_t heldOutExamples(int64_t examples, double fraction) {
  return std::llround(static_cast<double>(examples) * fraction);
}

uint64_t Dataset::hash() const {
  Hash hash;
  auto add = [&](const auto &value) { hash.add(&value, sizeof value); };
  for (const Column &column : all) {
    hash.add(column.argument->name, strlen(column.argument->name) + 1);
    add(column.tensor.type);
    add(column.tensor.shape.size());
    hash.add(column.tensor.shape.data(), column.tensor.shape.size() * sizeof(int64_t));
    add(column.scale);
    hash.add(column.tensor.data.data(), column.tensor.data.size());
  }
  if (std::string text = prepared.codes.empty() ? "" : categoriesText(prepared.codes); !text.empty())
    hash.add(text.data(), text.size());
  return hash.value();
}

} // namespace symc::host
