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

void symc::nameInScope(Operation *op, StringRef scope) {
  auto inScope = [&](Location loc) -> Location {
    auto named = dyn_cast<NameLoc>(loc);
    Builder b(loc.getContext());
    return NameLoc::get(b.getStringAttr(scope + "/" + nodeName(loc)), named ? named.getChildLoc() : loc);
  };
  op->walk([&](Operation *inner) {
    inner->setLoc(inScope(inner->getLoc()));
    if (auto random = dyn_cast<RandomOpInterface>(inner))
      random.setStreamAttr(random.getStreamAttr().within(scope));
    if (auto node = inner->getAttrOfType<StringAttr>(kNodeAttr))
      inner->setAttr(kNodeAttr, StringAttr::get(op->getContext(), scope + "/" + node.getValue()));
    for (Region &region : inner->getRegions())
      for (BlockArgument argument : region.getArguments())
        argument.setLoc(inScope(argument.getLoc()));
  });
}
