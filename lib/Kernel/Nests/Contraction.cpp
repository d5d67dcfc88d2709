//===- Contraction.cpp - Contraction kernels ------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A contraction kernel becomes one kernel.contract when its epilogue reads other tensors only
// at the result's own index or along some of its axes. Otherwise the contraction is stored
// and a second kernel does the rest. Operands that do not stand in memory are stored first.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Expr.h"
#include "lib/Kernel/Nests/NestLowering.h"

using namespace mlir;
using namespace symc;

namespace {

class ContractionLowering {
public:
  explicit ContractionLowering(NestLowering &lowering) : lowering(lowering), loc(lowering.loc) {
    for (Operation &op : lowering.kernel.getBody().front())
      if (auto contraction = dyn_cast<ContractionOpInterface>(op))
        anchor = contraction;
    result = anchor->getResult(0);
  }

  void run() {
    func::FuncOp kernel = lowering.kernel;
    SmallVector<Value> prologue;
    for (Value operand : anchor->getOperands().take_front(2))
      if (!lowering.memory.buffers.count(operand) && !llvm::is_contained(prologue, operand))
        prologue.push_back(operand);
    SmallVector<Value> scratch;
    for (Value operand : prologue)
      scratch.push_back(addScratch(kernel, cast<RankedTensorType>(operand.getType())));
    if (!prologue.empty()) {
      emitPrologue(prologue, scratch);
      kernel = splitKernel(kernel, "_contract");
      lowering.memory = lowering.inSecondPart(kernel);
    }
    bool isInteger = !isa<FloatType>(cast<RankedTensorType>(result.getType()).getElementType());
    bool asReduction = isInteger && anchor.getContractForm() == sym::ContractForm::matmul;
    OpBuilder b = NestLowering::atEnd(kernel);
    if (!asReduction && emitContract(b, lowering.writes))
      return;
    storeFirst(kernel, asReduction);
  }

private:
  void emitPrologue(ArrayRef<Value> operands, ArrayRef<Value> scratch) {
    OpBuilder b = NestLowering::atEnd(lowering.kernel);
    for (size_t i = 0; i < operands.size(); ++i) {
      Value operand = operands[i], buffer = scratch[i];
      NestBuilder nest(b, loc, lowering.memory);
      nest.addLoops(dimsOf(operand));
      nest.addWrite(buffer, nest.index());
      nest.create([&](Evaluator &evaluator, OpBuilder &, ArrayRef<Index> index) {
        return SmallVector<Value>{evaluator.element(operand, index)};
      });
      lowering.memory.buffers[operand] = buffer;
    }
    setOuter(lowering.kernel, operands.size() == 1 && !dimsOf(operands.front()).empty() ? 1 : 0);
  }

  /// The contraction into memory, and a second kernel for everything else.
  void storeFirst(func::FuncOp kernel, bool asReduction) {
    BlockArgument buffer = addScratch(kernel, cast<RankedTensorType>(result.getType()));
    OpBuilder b = NestLowering::atEnd(kernel);
    if (asReduction)
      emitIntegerProduct(b, buffer);
    else
      createContract(b, ValueRange(buffer));
    func::FuncOp second = splitKernel(kernel, "_epilogue");
    Memory memory = lowering.inSecondPart(second);
    memory.buffers[result] = sameBuffer(second, buffer);
    OpBuilder after = NestLowering::atEnd(second);
    lowering.emitAllWrites(after, memory, lowering.writes);
    Dims domain = dimsOf(lowering.writes.front()->getOperand(0));
    bool oneShape =
        llvm::all_of(lowering.writes, [&](kernel::WriteOp w) { return sameDims(dimsOf(w.getValue()), domain); });
    setOuter(second, oneShape && !domain.empty() ? 1 : 0);
    // Of an epilogue that could not be: a kernel with a contraction has nothing else.
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(kernel.getBody().front())))
      if (isOpTriviallyDead(&op))
        op.erase();
  }

  /// A kernel.contract without epilogue operands, whose region is still empty.
  kernel::ContractOp begin(OpBuilder &b, ValueRange outs) {
    NamedAttrList attributes = anchor.getContractAttributes();
    attributes.set("form", sym::ContractFormAttr::get(b.getContext(), anchor.getContractForm()));
    attributes.set("axes", b.getArrayAttr({}));
    attributes.set("dims", b.getArrayAttr({dimsAttr(b, anchor->getOperand(0)), dimsAttr(b, anchor->getOperand(1)),
                                           dimsAttr(b, result)}));
    attributes.set("operandSegmentSizes", b.getDenseI32ArrayAttr({1, 1, 0, static_cast<int32_t>(outs.size())}));
    SmallVector<Value> operands = {lowering.memory.buffers.lookup(anchor->getOperand(0)),
                                   lowering.memory.buffers.lookup(anchor->getOperand(1))};
    llvm::append_range(operands, outs);
    OperationState state(loc, kernel::ContractOp::getOperationName(), operands, {}, attributes);
    state.addRegion();
    auto contract = cast<kernel::ContractOp>(b.create(state));
    contract.getEpilogue().emplaceBlock().addArgument(bodyType(elementOf(result)), loc);
    return contract;
  }

  sym::DimsAttr dimsAttr(OpBuilder &b, Value tensor) { return sym::DimsAttr::get(b.getContext(), dimsOf(tensor)); }

  void createContract(OpBuilder &b, ValueRange outs) {
    kernel::ContractOp contract = begin(b, outs);
    Block &body = contract.getEpilogue().front();
    OpBuilder inner = OpBuilder::atBlockBegin(&body);
    kernel::YieldOp::create(inner, loc, ValueRange(body.getArgument(0)));
  }

  /// The contraction with the writes as its epilogue; false, and nothing emitted, when they do not fit.
  bool emitContract(OpBuilder &b, ArrayRef<kernel::WriteOp> writes) {
    Dims domain = dimsOf(result);
    SmallVector<Value> outs;
    for (kernel::WriteOp write : writes) {
      if (!sameDims(dimsOf(write.getValue()), domain))
        return false;
      outs.push_back(sameBuffer(lowering.memory.kernel, write.getBuffer()));
    }
    kernel::ContractOp contract = begin(b, outs);
    Block &body = contract.getEpilogue().front();
    struct Extra {
      Value buffer;
      SmallVector<int64_t> axes; // of the result, by axis of the buffer; -1: read at 0
      Value argument;
    };
    SmallVector<Extra> extras;
    bool fits = true;
    OpBuilder inner = OpBuilder::atBlockBegin(&body);
    // The result's own element, and those of others at its index or along some of its axes.
    auto read = [&](Value buffer, ArrayRef<Index> at) -> Value {
      SmallVector<int64_t> axes;
      for (const Index &i : at) {
        std::optional<unsigned> axis = i.asLoop();
        fits &= axis || i.isZero();
        axes.push_back(axis ? int64_t(*axis) : -1);
      }
      if (buffer == body.getArgument(0)) {
        fits &= llvm::equal(axes, llvm::seq<int64_t>(0, domain.size()));
        return buffer;
      }
      for (Extra &extra : extras)
        if (extra.buffer == buffer && extra.axes == axes)
          return extra.argument;
      extras.push_back({buffer, axes, body.addArgument(cast<MemRefType>(buffer.getType()).getElementType(), loc)});
      return extras.back().argument;
    };
    // An epilogue does not know where its element stands.
    auto loop = [&](unsigned) -> Value {
      fits = false;
      return arith::ConstantIndexOp::create(inner, loc, 0);
    };
    lowering.memory.buffers[result] = body.getArgument(0);
    Evaluator evaluator(inner, loc, lowering.memory, {read, loop, {}});
    Indices index;
    for (unsigned axis = 0; axis < domain.size(); ++axis)
      index.push_back(LinearForm::loop(b.getContext(), axis));
    SmallVector<Value> results;
    for (kernel::WriteOp write : writes)
      results.push_back(evaluator.element(write.getValue(), index));
    lowering.memory.buffers.erase(result);
    kernel::YieldOp::create(inner, loc, results);
    eraseDeadOps(body);
    for (Operation &op : body) {
      fits &= !isa<kernel::CheckOp>(op);
      for (Value operand : op.getOperands())
        fits &= operand.getParentBlock() == &body;
    }
    if (!fits) {
      contract.erase();
      return false;
    }
    SmallVector<Attribute> axes, dims(contract.getDims().begin(), contract.getDims().end());
    for (const Extra &extra : extras) {
      contract.getExtrasMutable().append(extra.buffer);
      axes.push_back(b.getDenseI64ArrayAttr(extra.axes));
      dims.push_back(sym::DimsAttr::get(b.getContext(), dimsOfArgument(cast<BlockArgument>(extra.buffer))));
    }
    contract.setAxesAttr(b.getArrayAttr(axes));
    contract.setDimsAttr(b.getArrayAttr(dims));
    return true;
  }

  /// Integer matrices: a plain reduction, in the order of k.
  void emitIntegerProduct(OpBuilder &b, Value out) {
    Dims domain = dimsOf(result), left = dimsOf(anchor->getOperand(0));
    NamedAttrList attributes = anchor.getContractAttributes();
    auto flag = [&](StringRef name) {
      auto attribute = dyn_cast_or_null<BoolAttr>(attributes.get(name));
      return attribute && attribute.getValue();
    };
    bool transposeA = flag("transpose_a"), transposeB = flag("transpose_b");
    unsigned rank = domain.size();
    NestBuilder nest(b, loc, lowering.memory);
    nest.addLoops(domain);
    nest.addWrite(out, nest.index());
    nest.addLoop(transposeA ? left[rank - 2] : left[rank - 1], kernel::Iterator::reduction);
    nest.addCombiner(b.getZeroAttr(cast<MemRefType>(out.getType()).getElementType()),
                     [&](OpBuilder &inner, ValueRange sums, ValueRange products) {
                       return SmallVector<Value>{arith::AddIOp::create(inner, loc, sums[0], products[0])};
                     });
    nest.create([&](Evaluator &evaluator, OpBuilder &inner, ArrayRef<Index> index) {
      Indices atA(index.take_front(rank - 2)), atB = atA;
      Index m = index[rank - 2], n = index[rank - 1], k = index[rank];
      atA.append({transposeA ? k : m, transposeA ? m : k});
      atB.append({transposeB ? n : k, transposeB ? k : n});
      Value x = evaluator.element(anchor->getOperand(0), atA), y = evaluator.element(anchor->getOperand(1), atB);
      return SmallVector<Value>{arith::MulIOp::create(inner, loc, x, y)};
    });
    setOuter(lowering.memory.kernel, 0);
  }

  NestLowering &lowering;
  Location loc;
  ContractionOpInterface anchor;
  Value result;
};

} // namespace

void symc::lowerContraction(NestLowering &lowering) { ContractionLowering(lowering).run(); }
