//===- TracePoints.cpp - What a trace tells of kernels --------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Kernel/TracePoints.h"
#include "dialects/sym/NodeNames.h"
#include "lib/Lowering/Passes.h"
#include "lib/Support/Json.h"
#include "mlir/Pass/Pass.h"
#include <cmath>
#include <nlohmann/json.hpp>

namespace symc {
#define GEN_PASS_DEF_TRACEPOINTSPASS
#include "lib/Lowering/Passes.h.inc"
} // namespace symc

using namespace mlir;
using namespace symc;

namespace {

/// Shares of a sum, to four digits; equal ones where the sum is 0.
std::vector<double> sharesOf(ArrayRef<double> parts) {
  double sum = 0;
  for (double part : parts)
    sum += part;
  std::vector<double> shares;
  for (double part : parts)
    shares.push_back(std::round(1e4 * (sum > 0 ? part / sum : 1 / static_cast<double>(parts.size()))) / 1e4);
  return shares;
}

std::string aboutCall(func::CallOp call, func::FuncOp kernel) {
  std::vector<std::string> names;
  std::vector<double> arithmetic, bytes;
  if (auto nodes = call->getAttrOfType<ArrayAttr>(kNodesAttr))
    for (auto node : nodes.getAsRange<ArrayAttr>()) {
      names.push_back(cast<StringAttr>(node[0]).str());
      arithmetic.push_back(cast<FloatAttr>(node[1]).getValueAsDouble());
      bytes.push_back(cast<FloatAttr>(node[2]).getValueAsDouble());
    }
  if (names.empty()) { // a copy, or what belongs to no node: the name of the value, else that of the function
    StringRef name = nodeName(call.getLoc());
    names.push_back((name.empty() ? call->getParentOfType<func::FuncOp>().getSymName() : name).str());
    arithmetic = bytes = {0};
  }
  std::vector<double> time = sharesOf(arithmetic), memory = sharesOf(bytes);
  Json nodes = Json::array();
  for (size_t i = 0; i < names.size(); ++i)
    nodes.push_back({{"node", names[i]}, {"time", jsonNumber<Json>(time[i])}, {"memory", jsonNumber<Json>(memory[i])}});
  auto kind = kernel->getAttrOfType<sym::FusionKindAttr>(kFusionKindAttr);
  Json about = {{"kernel", kernel.getSymName().str()},
                {"kind", kind ? sym::stringifyFusionKind(kind.getValue()).str() : ""},
                {"nodes", nodes}};
  return jsonLine(about);
}

struct TracePoints : symc::impl::TracePointsPassBase<TracePoints> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (!module->hasAttr(kTraceAttr))
      return;
    Builder b(&getContext());
    DenseMap<Operation *, Attribute> works;
    for (auto program : module.getOps<func::FuncOp>())
      if (!isKernel(program))
        program.walk([&](func::CallOp call) {
          auto kernel = module.lookupSymbol<func::FuncOp>(call.getCallee());
          Attribute &work = works[kernel];
          if (!work) {
            auto [read, written, flops] = workOf(kernel);
            work = sym::DimsAttr::get(&getContext(), {read, written, flops});
          }
          call->setAttr(kTraceAttr, b.getStringAttr(aboutCall(call, kernel)));
          call->setAttr(kWorkAttr, work);
        });
  }
};

} // namespace
