//===- Roles.cpp - What arguments and results of functions are ------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Roles.h"

using namespace mlir;
using namespace symc;

static StringRef nameIn(DictionaryAttr attributes) {
  auto name = attributes ? attributes.getAs<StringAttr>(kNameAttr) : StringAttr();
  return name ? name.getValue() : StringRef();
}

std::optional<sym::Role> symc::roleIn(DictionaryAttr attributes) {
  auto role = attributes ? attributes.getAs<sym::RoleAttr>(kRoleAttr) : sym::RoleAttr();
  return role ? std::optional(role.getValue()) : std::nullopt;
}

std::optional<sym::Role> symc::roleOf(FunctionOpInterface function, unsigned argument) {
  return roleIn(function.getArgAttrDict(argument));
}
std::optional<sym::Role> symc::resultRoleOf(FunctionOpInterface function, unsigned result) {
  return roleIn(function.getResultAttrDict(result));
}
std::optional<sym::Role> symc::roleOf(BlockArgument argument) {
  return roleOf(cast<FunctionOpInterface>(argument.getOwner()->getParentOp()), argument.getArgNumber());
}

StringRef symc::nameOf(FunctionOpInterface function, unsigned argument) {
  return nameIn(function.getArgAttrDict(argument));
}
StringRef symc::resultNameOf(FunctionOpInterface function, unsigned result) {
  return nameIn(function.getResultAttrDict(result));
}

SmallVector<BlockArgument> symc::argumentsWithRole(FunctionOpInterface function, sym::Role role) {
  return llvm::filter_to_vector(function.getArguments(), [&](BlockArgument argument) {
    return roleOf(function, argument.getArgNumber()) == role;
  });
}

BlockArgument symc::findArgument(FunctionOpInterface function, sym::Role role, StringRef name) {
  for (BlockArgument argument : argumentsWithRole(function, role))
    if (nameOf(function, argument.getArgNumber()) == name)
      return argument;
  return {};
}

DictionaryAttr symc::named(MLIRContext *context, StringRef name, sym::Role role) {
  Builder b(context);
  return b.getDictionaryAttr(
      {b.getNamedAttr(kNameAttr, b.getStringAttr(name)), b.getNamedAttr(kRoleAttr, sym::RoleAttr::get(context, role))});
}
