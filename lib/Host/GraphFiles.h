//===- GraphFiles.h - The files that a graph file names ------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_HOST_GRAPHFILES_H
#define SYMC_HOST_GRAPHFILES_H

#include <string>
#include <utility>
#include <vector>

namespace symc::host {

/// What no result may replace, as far as it can be read: what is wrong with a graph is the compiler's to say.
struct GraphFiles {
  std::string name;                                           // of the model; empty where the file gives none
  std::vector<std::pair<std::string, std::string>> constants; // name and file, from where the graph file is

  /// The header that is written beside a library; empty without a name.
  std::string headerOf(const std::string &library) const;
};

/// Reads the text once, without holding it. Nothing of a file that is no graph file.
GraphFiles filesOfGraph(const std::string &path);

} // namespace symc::host

#endif // SYMC_HOST_GRAPHFILES_H
