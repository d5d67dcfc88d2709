//===- FileUse.h - The files of one command --------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_HOST_FILEUSE_H
#define SYMC_HOST_FILEUSE_H

#include "lib/Host/GraphFiles.h"

#include <optional>
#include <string>
#include <vector>

namespace symc::host {

/// Finds out that a command would write over what it reads, or write two results to one file, whatever paths lead
/// there. An empty path is no file.
class FileUse {
public:
  /// A directory is a data set: what is read are its arrays.
  void reads(const std::string &option, const std::string &path);
  /// A graph file, with the files of its constants, or a library.
  void readsModel(const std::string &path);
  /// The header that is written beside a library of that graph.
  void writesHeader(const std::string &library);
  /// Throws Error when another option gives this file. Devices and pipes may be written to by several.
  void writes(const std::string &option, const std::string &path);

private:
  struct Use {
    std::string option, path;
    bool written;
  };
  /// What the graph says, which is read when something is written.
  const GraphFiles &graph();
  std::vector<Use> uses;
  std::string model;
  std::optional<GraphFiles> found;
};

} // namespace symc::host

#endif // SYMC_HOST_FILEUSE_H
