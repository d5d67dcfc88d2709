//===- Emitter.cpp - Emitting scalar and vector code ----------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Lowering/CPU/Vectorize/Emitter.h"
#include "dialects/sym/Dims.h"

using namespace mlir;
using namespace symc;
using namespace symc::vectorize;

Type symc::vectorize::registerType(Type type) {
  if (type.isIndex())
    return IntegerType::get(type.getContext(), 64);
  if (auto integer = dyn_cast<IntegerType>(type))
    return IntegerType::get(type.getContext(), integer.getWidth());
  return type;
}

Emitter::Emitter(OpBuilder &b, Location loc, KernelShell &shell)
    : b(b), loc(loc), shell(shell), i64(b.getI64Type()), pointer(LLVM::LLVMPointerType::get(b.getContext())) {
  scopes.push_back(std::make_unique<Scope>());
}

//===----------------------------------------------------------------------===//
// What is there already
//===----------------------------------------------------------------------===//

unsigned Emitter::hashOf(const Remembered &r) {
  return llvm::hash_combine(r.name, llvm::hash_combine_range(r.operands.begin(), r.operands.end()),
                            llvm::hash_combine_range(r.types.begin(), r.types.end()), r.attributes, r.buffer) &
         0x7fffffff;
}

Emitter::Remembered *Emitter::recall(const Remembered &like, unsigned hash) {
  for (auto &scope : llvm::reverse(scopes)) {
    auto it = scope->find(hash);
    if (it == scope->end())
      continue;
    for (Remembered &r : it->second)
      if (r.name == like.name && r.operands == like.operands && r.types == like.types &&
          r.attributes == like.attributes && r.buffer == like.buffer)
        return &r;
  }
  return nullptr;
}

void Emitter::remember(Remembered r) {
  unsigned hash = hashOf(r);
  (*scopes.back())[hash].push_back(std::move(r));
}

void Emitter::forget(Value buffer) {
  for (auto &scope : scopes)
    for (auto &[hash, list] : *scope)
      llvm::erase_if(list, [&](const Remembered &r) { return r.buffer == buffer; });
}

SmallVector<Value> Emitter::op(StringRef name, ValueRange operands, TypeRange types, DictionaryAttr attributes) {
  Remembered like{{}, OperationName(name, b.getContext()), {}, {}, attributes, {}};
  llvm::append_range(like.operands, operands);
  llvm::append_range(like.types, types);
  if (Remembered *r = recall(like, hashOf(like)))
    return SmallVector<Value>(ArrayRef<Value>(r->results));
  OperationState state(loc, like.name, operands, types, {});
  if (attributes)
    state.addAttributes(attributes.getValue());
  Operation *made = b.create(state);
  llvm::append_range(like.results, made->getResults());
  SmallVector<Value> results{ArrayRef<Value>(like.results)};
  remember(std::move(like));
  return results;
}

Value Emitter::remembered(Value buffer, StringRef kind, ValueRange operands, Type type, function_ref<Value()> make) {
  Remembered like{buffer, OperationName(kind, b.getContext()), {}, {type}, {}, {}};
  llvm::append_range(like.operands, operands);
  if (Remembered *r = recall(like, hashOf(like)))
    return r->results.front();
  Value value = make();
  like.results.push_back(value);
  remember(std::move(like));
  return value;
}

void Emitter::enter(Block *block, function_ref<void()> emit) {
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToEnd(block);
  scopes.push_back(std::make_unique<Scope>());
  emit();
  scopes.pop_back();
}

//===----------------------------------------------------------------------===//
// Numbers
//===----------------------------------------------------------------------===//

Value Emitter::constant(TypedAttr value) {
  // Constants stand at the start, where all code sees them.
  Remembered like{{}, OperationName("arith.constant", b.getContext()), {}, {value.getType()}, value, {}};
  unsigned hash = hashOf(like);
  for (Remembered &r : (*scopes.front())[hash])
    if (r.name == like.name && r.types == like.types && r.attributes == value)
      return r.results.front();
  OpBuilder::InsertionGuard guard(b);
  if (lastConstant)
    b.setInsertionPointAfter(lastConstant);
  else
    b.setInsertionPointToStart(shell.entry());
  Value result = arith::ConstantOp::create(b, loc, value);
  lastConstant = result.getDefiningOp();
  like.results.push_back(result);
  (*scopes.front())[hash].push_back(std::move(like));
  return result;
}

std::optional<int64_t> Emitter::known(Value value) {
  IntegerAttr number;
  if (value.getType() == i64 && matchPattern(value, m_Constant(&number)))
    return number.getInt();
  return std::nullopt;
}

Value Emitter::add(Value x, Value y) {
  auto a = known(x), c = known(y);
  if (a && c)
    return number(*a + *c);
  return a == 0 ? y : c == 0 ? x : op("arith.addi", {x, y}, x.getType());
}
Value Emitter::sub(Value x, Value y) {
  auto a = known(x), c = known(y);
  if (a && c)
    return number(*a - *c);
  return c == 0 ? x : op("arith.subi", {x, y}, x.getType());
}
Value Emitter::mul(Value x, Value y) {
  auto a = known(x), c = known(y);
  if (a && c)
    return number(*a * *c);
  if (a == 0 || c == 0)
    return number(0);
  return a == 1 ? y : c == 1 ? x : op("arith.muli", {x, y}, x.getType());
}
Value Emitter::min(Value x, Value y) {
  auto a = known(x), c = known(y);
  if (a && c)
    return number(std::min(*a, *c));
  return op("arith.minsi", {x, y}, x.getType());
}

Value Emitter::size(Dim expr) {
  if (auto value = constantValue(expr))
    return number(*value);
  Value &known = sizes[expr];
  if (!known)
    known = shell.size(expr);
  return known;
}

//===----------------------------------------------------------------------===//
// Vectors
//===----------------------------------------------------------------------===//

Value Emitter::splat(Value scalar, unsigned lanes) {
  auto type = VectorType::get(lanes, scalar.getType());
  TypedAttr number;
  if (matchPattern(scalar, m_Constant(&number)))
    return constant(DenseElementsAttr::get(type, Attribute(number)));
  return op("vector.broadcast", scalar, type);
}

Value Emitter::iota(unsigned lanes, Type element) {
  SmallVector<APInt> values;
  for (unsigned i = 0; i < lanes; ++i)
    values.push_back(APInt(element.getIntOrFloatBitWidth(), i, false, /*implicitTrunc=*/true));
  return constant(DenseElementsAttr::get(VectorType::get(lanes, element), values));
}

Value Emitter::extract(Value vector, unsigned lane) {
  Type element = cast<VectorType>(vector.getType()).getElementType();
  return op("llvm.extractelement", {vector, number(lane)}, element);
}

Value Emitter::shuffle(Value vector, ArrayRef<int32_t> lanes) {
  auto type = VectorType::get(lanes.size(), cast<VectorType>(vector.getType()).getElementType());
  NamedAttribute mask = b.getNamedAttr("mask", b.getDenseI32ArrayAttr(lanes));
  return op("llvm.shufflevector", {vector, vector}, type, b.getDictionaryAttr(mask));
}

Value Emitter::firstLanes(Value count, unsigned lanes) {
  if (auto constantCount = known(count)) {
    if (*constantCount >= lanes)
      return {};
    SmallVector<bool> bits(lanes);
    for (unsigned i = 0; i < lanes; ++i)
      bits[i] = i < *constantCount;
    return constant(DenseElementsAttr::get(VectorType::get(lanes, b.getI1Type()), ArrayRef(bits)));
  }
  Type i32 = b.getI32Type();
  Value few = op("arith.trunci", min(count, number(lanes)), i32);
  NamedAttribute less =
      b.getNamedAttr("predicate", b.getI64IntegerAttr(static_cast<int64_t>(arith::CmpIPredicate::slt)));
  return op("arith.cmpi", {iota(lanes, i32), splat(few, lanes)}, VectorType::get(lanes, b.getI1Type()),
            b.getDictionaryAttr(less));
}

Value Emitter::select(Value condition, Value x, Value y) {
  if (x == y)
    return x;
  if (isVector(x) && !isVector(condition))
    condition = splat(condition, lanesOf(x));
  return op("arith.select", {condition, x, y}, x.getType());
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

static Type memoryType(Type element) {
  return element.isInteger(1) ? IntegerType::get(element.getContext(), 8) : registerType(element);
}
static unsigned alignmentOf(Type memory) { return memory.getIntOrFloatBitWidth() / 8; }

Value Emitter::address(Value base, Value offset, Type element) {
  if (known(offset) == 0)
    return base;
  Type memory = memoryType(element);
  auto vector = dyn_cast<VectorType>(offset.getType());
  Type type = vector ? Type(VectorType::get(vector.getShape(), pointer)) : pointer;
  NamedAttribute attributes[] = {
      b.getNamedAttr("elem_type", TypeAttr::get(memory)),
      b.getNamedAttr("rawConstantIndices", b.getDenseI32ArrayAttr({LLVM::GEPOp::kDynamicIndex})),
  };
  return op("llvm.getelementptr", {base, offset}, type, b.getDictionaryAttr(attributes));
}

/// What was loaded, as a register holds it.
static Value fromMemory(Emitter &e, Value loaded, Type element) {
  if (!element.isInteger(1))
    return loaded;
  Value zero = e.constant(e.b.getIntegerAttr(e.b.getI8Type(), 0));
  Type type = e.b.getI1Type();
  if (isVector(loaded)) {
    zero = e.splat(zero, lanesOf(loaded));
    type = VectorType::get(lanesOf(loaded), type);
  }
  NamedAttribute differs =
      e.b.getNamedAttr("predicate", e.b.getI64IntegerAttr(static_cast<int64_t>(arith::CmpIPredicate::ne)));
  return e.op("arith.cmpi", {loaded, zero}, type, e.b.getDictionaryAttr(differs));
}

static Value toMemory(Emitter &e, Value value) {
  if (!getElementTypeOrSelf(value.getType()).isInteger(1))
    return value;
  Type type = e.b.getI8Type();
  if (isVector(value))
    type = VectorType::get(lanesOf(value), type);
  return e.op("arith.extui", value, type);
}

Value Emitter::load(Value buffer, Value at, Type element) {
  Type memory = memoryType(element);
  return remembered(buffer, "llvm.load", at, registerType(element), [&] {
    return fromMemory(*this, LLVM::LoadOp::create(b, loc, memory, at, alignmentOf(memory)), element);
  });
}

static SmallVector<Value> withMask(ArrayRef<Value> values, Value mask) {
  SmallVector<Value> all(values);
  if (mask)
    all.push_back(mask);
  return all;
}

Value Emitter::loadVector(Value buffer, Value at, Type element, unsigned lanes, Value mask) {
  Type memory = memoryType(element);
  auto type = VectorType::get(lanes, memory);
  return remembered(buffer, "llvm.load", withMask({at}, mask), VectorType::get(lanes, registerType(element)), [&] {
    Value loaded;
    if (mask)
      loaded = LLVM::MaskedLoadOp::create(b, loc, type, at, mask, constant(cast<TypedAttr>(b.getZeroAttr(type))),
                                          alignmentOf(memory));
    else
      loaded = LLVM::LoadOp::create(b, loc, type, at, alignmentOf(memory));
    return fromMemory(*this, loaded, element);
  });
}

/// A mask that a gather or scatter can take.
static Value someMask(Emitter &e, Value mask, unsigned lanes) {
  return mask ? mask : e.splat(e.constant(e.b.getBoolAttr(true)), lanes);
}

Value Emitter::gather(Value buffer, Value base, Value offsets, Type element, Value mask) {
  Type memory = memoryType(element);
  unsigned lanes = lanesOf(offsets);
  auto type = VectorType::get(lanes, memory);
  return remembered(buffer, "llvm.intr.masked.gather", withMask({base, offsets}, mask),
                    VectorType::get(lanes, registerType(element)), [&] {
                      Value loaded = LLVM::masked_gather::create(
                          b, loc, type, address(base, offsets, element), someMask(*this, mask, lanes),
                          ValueRange(constant(cast<TypedAttr>(b.getZeroAttr(type)))), alignmentOf(memory));
                      return fromMemory(*this, loaded, element);
                    });
}

void Emitter::store(Value buffer, Value at, Value value) {
  Value memory = toMemory(*this, value);
  LLVM::StoreOp::create(b, loc, memory, at, alignmentOf(memory.getType()));
  forget(buffer);
  remember({buffer, OperationName("llvm.load", b.getContext()), {at}, {value.getType()}, {}, {value}});
}

void Emitter::storeVector(Value buffer, Value at, Value value, Value mask) {
  Value memory = toMemory(*this, value);
  unsigned alignment = alignmentOf(getElementTypeOrSelf(memory.getType()));
  if (mask)
    LLVM::MaskedStoreOp::create(b, loc, memory, at, mask, b.getI32IntegerAttr(alignment));
  else
    LLVM::StoreOp::create(b, loc, memory, at, alignment);
  forget(buffer);
  Remembered r{buffer, OperationName("llvm.load", b.getContext()), {at}, {value.getType()}, {}, {value}};
  if (mask)
    r.operands.push_back(mask);
  remember(std::move(r));
}

void Emitter::scatter(Value buffer, Value base, Value offsets, Value value, Value mask) {
  Value memory = toMemory(*this, value);
  Type element = getElementTypeOrSelf(value.getType());
  LLVM::masked_scatter::create(b, loc, memory, address(base, offsets, element), someMask(*this, mask, lanesOf(offsets)),
                               b.getI32IntegerAttr(alignmentOf(getElementTypeOrSelf(memory.getType()))));
  forget(buffer);
}

//===----------------------------------------------------------------------===//
// Control
//===----------------------------------------------------------------------===//

SmallVector<Value> Emitter::loop(Value from, Value to, int64_t step, ValueRange carried, Body body) {
  auto first = known(from), last = known(to);
  if (first && last && *last <= *first)
    return SmallVector<Value>(carried);
  if (first && last && *last - *first <= step)
    return body(from, carried);
  auto loop = scf::ForOp::create(b, loc, from, to, number(step), carried);
  Block *block = loop.getBody();
  if (carried.empty())
    block->getTerminator()->erase();
  enter(block, [&] {
    SmallVector<Value> next = body(loop.getInductionVar(), loop.getRegionIterArgs());
    scf::YieldOp::create(b, loc, next);
  });
  b.setInsertionPointAfter(loop);
  return SmallVector<Value>(loop.getResults());
}

void Emitter::when(Value condition, function_ref<void()> then) {
  auto branch = scf::IfOp::create(b, loc, condition, /*withElseRegion=*/false);
  branch.thenBlock()->getTerminator()->erase();
  enter(branch.thenBlock(), [&] {
    then();
    scf::YieldOp::create(b, loc);
  });
  b.setInsertionPointAfter(branch);
}
