//===- Kernels.cpp - Kernels and their calls ------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Kernel/Kernels.h"
#include "dialects/sym/Expr.h"
#include "lib/Kernel/Lives.h"
#include "lib/Kernel/TracePoints.h"

using namespace mlir;
using namespace symc;

constexpr StringLiteral kScratchAttr = "sym.scratch"; // arguments of kernels: unit
constexpr StringLiteral kSecondAttr = "sym.second";   // kernels: the part that is called after this one

int64_t symc::estimateSize(Dim expr) {
  return std::max<int64_t>(1, evaluate(expr, [](StringRef) { return 128; }).value_or(int64_t(1) << 32));
}

MemRefType symc::bufferType(Type tensor) {
  auto type = cast<RankedTensorType>(tensor);
  return MemRefType::get(type.getShape(), bodyType(type.getElementType()));
}

ArrayRef<Dim> symc::dimsOfArgument(func::FuncOp kernel, unsigned argument) {
  return kernel.getArgAttrOfType<sym::DimsAttr>(argument, kDimsAttr).getExprs();
}

SmallVector<func::CallOp> symc::callsOf(func::FuncOp kernel) {
  SmallVector<func::CallOp> calls;
  for (auto function : kernel->getParentOfType<ModuleOp>().getOps<func::FuncOp>())
    if (!isKernel(function))
      function.walk([&](func::CallOp call) {
        if (call.getCallee() == kernel.getSymName())
          calls.push_back(call);
      });
  return calls;
}

/// Adds an operand to `call` at position `index`.
static void insertOperand(func::CallOp call, unsigned index, Value value) {
  call.getOperandsMutable().slice(index, 0).append(value);
}

static BlockArgument insertArgument(func::FuncOp function, unsigned index, Type type,
                                    ArrayRef<NamedAttribute> attributes) {
  auto dictionary = DictionaryAttr::get(function.getContext(), attributes);
  (void)function.insertArgument(index, type, dictionary, function.getLoc());
  return function.getArgument(index);
}

Value symc::dimArgument(func::FuncOp function, StringRef name) {
  unsigned position = 0;
  for (; position < function.getNumArguments(); ++position) {
    auto dim = function.getArgAttrOfType<StringAttr>(position, kDimAttr);
    if (!dim)
      break;
    if (dim.getValue() == name)
      return function.getArgument(position);
  }
  Builder b(function.getContext());
  BlockArgument argument =
      insertArgument(function, position, b.getIndexType(), b.getNamedAttr(kDimAttr, b.getStringAttr(name)));
  if (isKernel(function))
    for (func::CallOp call : callsOf(function))
      insertOperand(call, position, dimArgument(call->getParentOfType<func::FuncOp>(), name));
  return argument;
}

Value symc::materializeDim(OpBuilder &b, Location loc, func::FuncOp function, Dim dim) {
  return materialize(b, loc, b.getIndexType(), dim, [&](StringRef name) { return dimArgument(function, name); });
}

static BlockArgument appendArgument(func::FuncOp function, Type type, ArrayRef<NamedAttribute> attributes) {
  return insertArgument(function, function.getNumArguments(), type, attributes);
}

/// The kernel called right after `kernel`, made by splitKernel.
static func::FuncOp secondPart(func::FuncOp kernel) {
  auto name = kernel->getAttrOfType<FlatSymbolRefAttr>(kSecondAttr);
  return name ? kernel->getParentOfType<ModuleOp>().lookupSymbol<func::FuncOp>(name.getValue()) : func::FuncOp();
}

/// The call of the second part that belongs to this call of the first.
static func::CallOp secondCall(func::CallOp call) { return cast<func::CallOp>(call->getNextNode()); }

BlockArgument symc::addScratch(func::FuncOp kernel, RankedTensorType type) {
  Builder b(kernel.getContext());
  NamedAttribute attributes[] = {
      b.getNamedAttr(kDimsAttr, sym::DimsAttr::get(b.getContext(), dimsOf(Type(type)))),
      b.getNamedAttr(kScratchAttr, b.getUnitAttr()),
  };
  // The sizes first: naming them may add arguments in front.
  for (Dim dim : dimsOf(Type(type)))
    for (StringRef name : namesIn(dim)) {
      dimArgument(kernel, name);
      if (func::FuncOp second = secondPart(kernel))
        dimArgument(second, name);
    }
  MemRefType buffer = bufferType(type);
  func::FuncOp second = secondPart(kernel);
  for (func::CallOp call : callsOf(kernel)) {
    OpBuilder at(call);
    auto alloc = kernel::AllocOp::create(at, call.getLoc(), buffer, cast<sym::DimsAttr>(attributes[0].getValue()));
    call.getOperandsMutable().append(alloc.getOut());
    if (second)
      secondCall(call).getOperandsMutable().append(alloc.getOut());
  }
  if (second)
    appendArgument(second, buffer, attributes);
  return appendArgument(kernel, buffer, attributes);
}

func::FuncOp symc::splitKernel(func::FuncOp kernel, StringRef suffix) {
  OpBuilder b(kernel);
  b.setInsertionPointAfter(kernel);
  auto second = cast<func::FuncOp>(b.cloneWithoutRegions(*kernel.getOperation()));
  std::string name = (kernel.getSymName() + suffix).str();
  while (kernel->getParentOfType<ModuleOp>().lookupSymbol(name)) // an entry point may have such a name
    name += '_';
  second.setSymName(name);
  Block *body = second.addEntryBlock();
  b.setInsertionPointToEnd(body);
  func::ReturnOp::create(b, kernel.getLoc());
  for (func::CallOp call : callsOf(kernel)) {
    b.setInsertionPointAfter(call);
    auto after = func::CallOp::create(b, call.getLoc(), second, call.getOperands());
    if (Attribute nodes = call->getAttr(kNodesAttr))
      after->setAttr(kNodesAttr, nodes);
  }
  kernel->setAttr(kSecondAttr, FlatSymbolRefAttr::get(second.getSymNameAttr()));
  return second;
}

static unsigned dimCount(func::FuncOp function) {
  unsigned count = 0;
  while (count < function.getNumArguments() && function.getArgAttr(count, kDimAttr))
    ++count;
  return count;
}

BlockArgument symc::sameBuffer(func::FuncOp other, Value buffer) {
  auto argument = cast<BlockArgument>(buffer);
  auto kernel = cast<func::FuncOp>(argument.getOwner()->getParentOp());
  return other.getArgument(argument.getArgNumber() - dimCount(kernel) + dimCount(other));
}

/// The kernel whose second part `kernel` is, or nothing.
static func::FuncOp firstPart(func::FuncOp kernel) {
  for (auto function : kernel->getParentOfType<ModuleOp>().getOps<func::FuncOp>())
    if (auto name = function->getAttrOfType<FlatSymbolRefAttr>(kSecondAttr))
      if (name.getValue() == kernel.getSymName())
        return function;
  return {};
}

static BlockArgument findCheckArgument(func::FuncOp function) {
  SmallVector<BlockArgument> checks = argumentsWithRole(function, sym::Role::check);
  return checks.empty() ? BlockArgument() : checks.front();
}

BlockArgument symc::checkArgument(func::FuncOp kernel) {
  Builder b(kernel.getContext());
  if (BlockArgument argument = findCheckArgument(kernel))
    return argument;
  // Both parts of a kernel get one, so that their buffers stay in the same places.
  if (func::FuncOp first = firstPart(kernel)) {
    checkArgument(first);
    return findCheckArgument(kernel);
  }
  NamedAttribute attributes[] = {
      b.getNamedAttr(kDimsAttr, sym::DimsAttr::get(b.getContext(), {constantDim(b.getContext(), 3)})),
      b.getNamedAttr(kRoleAttr, sym::RoleAttr::get(b.getContext(), sym::Role::check)),
  };
  auto type = MemRefType::get({3}, b.getI64Type());
  func::FuncOp second = secondPart(kernel);
  for (func::CallOp call : callsOf(kernel)) {
    auto function = call->getParentOfType<func::FuncOp>();
    Value frame = findCheckArgument(function);
    if (!frame)
      frame = appendArgument(function, type, attributes);
    call.getOperandsMutable().append(frame);
    if (second)
      secondCall(call).getOperandsMutable().append(frame);
  }
  if (second)
    appendArgument(second, type, attributes);
  return appendArgument(kernel, type, attributes);
}

int64_t symc::internCheck(ModuleOp module, StringRef message) {
  SmallVector<Attribute> messages;
  if (auto known = module->getAttrOfType<ArrayAttr>(kChecksAttr))
    llvm::append_range(messages, known);
  auto text = StringAttr::get(module.getContext(), message);
  auto *it = llvm::find(messages, text);
  int64_t code = 1 + (it - messages.begin());
  if (it == messages.end()) {
    messages.push_back(text);
    module->setAttr(kChecksAttr, ArrayAttr::get(module.getContext(), messages));
  }
  return code;
}

bool symc::takesArgument(func::CallOp step, llvm::function_ref<bool(unsigned)> wanted) {
  bool found = false;
  for (Value operand : step.getOperands())
    if (isa<MemRefType>(operand.getType()))
      forEachRoot(operand, [&](Value root) {
        auto argument = dyn_cast<BlockArgument>(root);
        found |= argument && wanted(argument.getArgNumber());
      });
  return found;
}

bool symc::mayFail(func::CallOp step) {
  auto program = step->getParentOfType<func::FuncOp>();
  return takesArgument(step, [&](unsigned i) { return roleOf(program, i) == sym::Role::check; });
}
