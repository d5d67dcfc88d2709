//===- Describe.cpp - What the target stage needs to know of a model ------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Lowering/CPU/Describe.h"
#include "lib/Kernel/Lives.h"

using namespace mlir;
using namespace symc;

namespace {

std::string textAttr(DictionaryAttr attributes, StringRef name) {
  auto text = attributes ? attributes.getAs<StringAttr>(name) : StringAttr();
  return text ? text.getValue().str() : std::string();
}

SlotDescription describeSlot(StringRef name, Type type, sym::InitAttr init, ElementsAttr data, bool trainable,
                             StringRef doc, bool resets = false) {
  auto tensor = cast<RankedTensorType>(type);
  SlotDescription slot;
  slot.name = name.str();
  slot.type = printType(type);
  slot.doc = doc.str();
  slot.element = elementTypeOf(tensor.getElementType());
  slot.shape.assign(tensor.getShape().begin(), tensor.getShape().end());
  slot.trainable = trainable;
  slot.resets = resets;
  slot.init = static_cast<InitKind>(init.getKind());
  slot.a = init.getA().convertToDouble();
  slot.b = init.getB().convertToDouble();
  if (auto dense = dyn_cast_or_null<DenseElementsAttr>(data)) {
    if (!dense.isSplat() && !tensor.getElementType().isInteger(1)) {
      slot.data.data = std::string_view(dense.getRawData().data(), dense.getRawData().size());
    } else { // spelt out: a splat or packed bits
      auto bytes = std::make_shared<std::string>();
      unsigned width = byteSize(slot.element);
      for (int64_t i = 0, e = dense.getNumElements(); i < e; ++i) {
        if (tensor.getElementType().isInteger(1))
          bytes->push_back(dense.getValues<bool>()[i]);
        else
          bytes->append(dense.getRawData().data(), width);
      }
      slot.data = {*bytes, bytes};
    }
  }
  return slot;
}

/// The constant term and the coefficient of each product of dimensions. Floors are named as they print.
SizeFormula formulaOf(Dim expr) {
  SizeFormula formula;
  SmallVector<Dim> terms = {expr};
  while (!terms.empty()) {
    Dim term = terms.pop_back_val();
    if (term.getKind() == Dim::Kind::Add) {
      terms.push_back(term.getLHS());
      terms.push_back(term.getRHS());
    } else if (auto value = constantValue(term)) {
      formula[""] += *value;
    } else if (term.getKind() == Dim::Kind::Mul && term.getRHS().isConstant()) {
      formula[printDim(term.getLHS())] += term.getRHS().getValue();
    } else {
      formula[printDim(term)] += 1;
    }
  }
  return formula;
}

class Describer {
public:
  Describer(ModuleOp module, ArenaMode arena) : module(module), arena(arena) {}

  ModelDescription run() {
    ModelDescription model;
    model.name = module.getSymName().value_or("model").str();
    model.doc = textAttr(module->getAttrDictionary(), kDocAttr);
    if (auto bounds = module->getAttrOfType<ArrayAttr>(kBoundsAttr))
      for (auto bound : bounds.getAsRange<sym::DimBoundAttr>()) {
        dimNumber[bound.getName()] = model.dims.size();
        model.dims.push_back({bound.getName().str(), bound.getMin(), bound.getMax(), bound.getMultipleOf()});
      }
    for (auto p : module.getOps<sym::ParameterOp>())
      model.parameters.push_back(describeSlot(p.getSlot(), p.getType(), p.getInit(),
                                              p.getData().value_or(ElementsAttr()), p.getTrainable(), p.getDoc()));
    for (auto s : module.getOps<sym::StateOp>())
      model.state.push_back(describeSlot(s.getSlot(), s.getType(), s.getInit(), s.getData().value_or(ElementsAttr()),
                                         false, s.getDoc(), s.getResets()));
    for (auto function : module.getOps<func::FuncOp>())
      if (!isKernel(function))
        model.functions.push_back(describeFunction(function));
    if (auto checks = module->getAttrOfType<ArrayAttr>(kChecksAttr))
      for (auto message : checks.getAsRange<StringAttr>())
        model.checks.push_back(message.getValue().str());
    return model;
  }

private:
  FunctionDescription describeFunction(func::FuncOp function) {
    FunctionDescription description;
    description.name = function.getSymName().str();
    description.doc = textAttr(function->getAttrDictionary(), kDocAttr);
    description.stream = textAttr(function->getAttrDictionary(), kStreamAttr);
    description.updatesState = description.name == "train_step";
    description.trainingMode = description.name == "train_step" || description.name == "gradients";
    for (unsigned i = 0; i < function.getNumArguments(); ++i) {
      std::optional<sym::Role> role = roleOf(function, i);
      if (role == sym::Role::parameter && !function.getArgument(i).use_empty())
        description.parameters.push_back(nameOf(function, i).str());
      if (function.getArgAttr(i, kResultAttr)) {
        if (role == sym::Role::totals && description.typedOutputs < 0)
          description.typedOutputs = description.outputs.size();
        description.measures |= role == sym::Role::measure;
        description.outputs.push_back(describeArgument(function, i));
      } else if (role == sym::Role::input)
        description.inputs.push_back(describeArgument(function, i));
    }
    if (description.updatesState)
      description.typedOutputs = 1;
    for (const ArgumentDescription &input : description.inputs)
      for (int32_t dim : input.dims)
        if (dim >= 0 && !llvm::is_contained(description.dims, dim))
          description.dims.push_back(dim);
    Lives lives(function, arena == ArenaMode::Separate);
    function.walk([&](func::CallOp) { ++description.kernels; });
    description.lateChecks = hasLateChecks(function);
    for (Lives::Buffer buffer : lives.buffers)
      description.buffers.push_back(
          {buffer.first, buffer.last, formulaOf(byteSize(buffer.alloc.getType(), buffer.alloc.getDims().getExprs()))});
    return description;
  }

  /// Whether a check can fail after something has been written to a result. In loops what stands behind comes before.
  bool hasLateChecks(func::FuncOp function) {
    bool written = false;
    WalkResult late = function.walk([&](func::CallOp call) {
      written |= takesArgument(call, [&](unsigned i) { return bool(function.getArgAttr(i, kResultAttr)); });
      return WalkResult(failure((written || call->getParentOfType<kernel::LoopOp>()) && mayFail(call)));
    });
    return late.wasInterrupted();
  }

  ArgumentDescription describeArgument(func::FuncOp function, unsigned i) {
    auto tensor = cast<RankedTensorType>(function.getArgAttrOfType<TypeAttr>(i, kTypeAttr).getValue());
    Type element = tensor.getElementType();
    ArrayRef<Dim> dims = dimsOfArgument(function, i);
    ArgumentDescription argument;
    argument.name = nameOf(function, i).str();
    argument.doc = textAttr(function.getArgAttrDict(i), kDocAttr);
    argument.type = printType(tensor);
    argument.element = elementTypeOf(element);
    for (Dim dim : dims) {
      argument.shape.push_back(constantValue(dim).value_or(-1));
      argument.dims.push_back(dim.isName() ? dimNumber.at(dim.getName()) : -1);
    }
    return argument;
  }

  ModuleOp module;
  ArenaMode arena;
  std::map<StringRef, int32_t> dimNumber;
};

} // namespace

ModelDescription symc::describeModel(ModuleOp module, ArenaMode arena) { return Describer(module, arena).run(); }
