//===- FileUse.cpp - The files of one command ------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Host/FileUse.h"
#include "lib/Host/Errors.h"
#include "lib/Support/NewFile.h"

#include <filesystem>
#include <memory>

namespace symc::host {

/// Whether both paths lead to one file, which need not be there yet.
static bool sameFile(const std::string &one, const std::string &other) {
  auto first = std::make_unique<Destination>(), second = std::make_unique<Destination>();
  // What cannot be written is reported where it is.
  if (!first->find(one.c_str()) || !second->find(other.c_str()) || first->special || second->special ||
      first->exists != second->exists)
    return false;
  if (first->exists)
    return first->status.st_dev == second->status.st_dev && first->status.st_ino == second->status.st_ino;
  auto place = [](const char *path) {
    std::error_code ignored;
    return std::filesystem::weakly_canonical(std::filesystem::absolute(path, ignored), ignored);
  };
  return place(first->path) == place(second->path);
}

void FileUse::reads(const std::string &option, const std::string &path) {
  if (path.empty())
    return;
  uses.push_back({option, path, false});
  // What cannot be listed is reported where it is read.
  std::error_code error;
  for (std::filesystem::directory_iterator it(path, error), end; !error && it != end; it.increment(error))
    if (it->path().extension() == ".npy")
      uses.push_back({option, it->path().string(), false});
}

void FileUse::readsModel(const std::string &path) {
  reads("the model itself", path);
  model = path;
}

const GraphFiles &FileUse::graph() {
  if (found)
    return *found;
  found = filesOfGraph(model);
  for (const auto &[name, file] : found->constants)
    reads("the file of constant " + symc::quoted(name), file);
  return *found;
}

void FileUse::writesHeader(const std::string &library) { writes("the header", graph().headerOf(library)); }

void FileUse::writes(const std::string &option, const std::string &path) {
  if (path.empty())
    return;
  if (!model.empty())
    graph();
  for (const Use &use : uses)
    if (sameFile(use.path, path))
      throw usageError(code::OptionConflict,
                       use.written ? use.option + " and " + option + " write to one file, " + printable(path)
                                   : option + " " + printable(path) + " would replace " + use.option +
                                         (use.option[0] == '-' ? " " + printable(use.path) : ""),
                       "give another file to one of them");
  uses.push_back({option, path, true});
}

} // namespace symc::host
