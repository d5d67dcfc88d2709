//===- NodeNames.cpp - The names of nodes in locations --------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/NodeNames.h"
#include "dialects/sym/Roles.h"

using namespace mlir;
using namespace symc;

StringRef symc::nodeName(Location loc) {
  if (auto name = dyn_cast<NameLoc>(loc))
    return name.getName();
  if (auto fused = dyn_cast<FusedLoc>(loc))
    for (Location part : fused.getLocations())
      if (StringRef name = nodeName(part); !name.empty())
        return name;
  if (auto call = dyn_cast<CallSiteLoc>(loc))
    return nodeName(call.getCallee());
  return "";
}

std::string symc::scopeOf(Region &body) {
  std::string node = nodeName(body.getParentOp()->getLoc()).str() + "/";
  for (BlockArgument argument : body.getArguments())
    if (StringRef name = nodeName(argument.getLoc()), rest = name; rest.consume_front(node) && rest.contains('/'))
      return node + rest.split('/').first.str();
  return "";
}

StringRef symc::nameWithin(StringRef scope, StringRef name) {
  StringRef rest = name;
  return rest.consume_front(scope) && rest.consume_front("/") ? rest : name;
}

void symc::renameAll(Operation *op, function_ref<std::string(StringRef)> renamed) {
  auto other = [&](Location loc) -> Location {
    std::string name = renamed(nodeName(loc));
    if (name.empty())
      return loc;
    auto named = dyn_cast<NameLoc>(loc);
    return NameLoc::get(StringAttr::get(loc.getContext(), name), named ? named.getChildLoc() : loc);
  };
  op->walk([&](Operation *inner) {
    inner->setLoc(other(inner->getLoc()));
    for (Region &region : inner->getRegions())
      for (BlockArgument argument : region.getArguments())
        argument.setLoc(other(argument.getLoc()));
  });
}

void symc::nameInScope(Operation *op, StringRef scope) {
  auto within = [&](StringRef name) { return (scope + "/" + name).str(); };
  renameAll(op, within);
  op->walk([&](Operation *inner) {
    if (auto random = dyn_cast<RandomOpInterface>(inner))
      random.setStreamAttr(random.getStreamAttr().within(scope));
    if (auto node = inner->getAttrOfType<StringAttr>(kNodeAttr))
      inner->setAttr(kNodeAttr, StringAttr::get(op->getContext(), within(node.getValue())));
  });
}
