//===- Recurrent.cpp - Recurrent layers -----------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Bodies.h"
#include "dialects/sym/Build.h"
#include "dialects/sym/Check.h"
#include "dialects/sym/Contraction.h"
#include "dialects/sym/Layers.h"
#include "dialects/sym/NodeNames.h"
#include "dialects/sym/Shape.h"

using namespace mlir;
using namespace symc;
using namespace symc::sym;

namespace {
/// What tells the layers from each other.
struct Kind {
  const char *name;
  int64_t gates;
  bool twoBiases, hasCell;
  int64_t forgetGate = -1; // whose bias begins with 1
};
template <class Op> constexpr Kind kKind{};
template <> constexpr Kind kKind<RnnOp>{"rnn", 1, false, false};
template <> constexpr Kind kKind<LstmOp>{"lstm", 4, false, true, 1};
template <> constexpr Kind kKind<GruOp>{"gru", 3, true, false};

struct Sizes {
  Dim batch, time;
  int64_t units;
};
} // namespace

template <class A> static auto initialCell(A op, int) -> decltype(op.getInitialC()) { return op.getInitialC(); }
template <class A> static Value initialCell(A, ...) { return {}; }

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

/// Checks `op`, an adaptor or an op, and finds its sizes.
template <class A> static FailureOr<Sizes> analyze(std::optional<Location> loc, const Kind &kind, A op) {
  std::string layer = kind.name;
  Type x = op.getX().getType(), kernel = op.getKernel().getType(), recurrent = op.getRecurrentKernel().getType();
  if (failed(checkElements(
          loc, layer,
          {op.getX(), op.getKernel(), op.getRecurrentKernel(), op.getBias(), op.getInitialH(), initialCell(op, 0)})) ||
      failed(checkRank(loc, "the input of " + layer, x, 3)) ||
      failed(checkRank(loc, "the kernel of " + layer, kernel, 2)) ||
      failed(checkRank(loc, "the recurrent kernel of " + layer, recurrent, 2)))
    return failure();
  if (dimOf(kernel, 0) != dimOf(x, 2))
    return LogicalResult(emitOptionalError(loc, "S0301: the kernel of ", layer, " takes ", printDim(dimOf(kernel, 0)),
                                           " features, but the input ", printType(x), " has ", printDim(dimOf(x, 2))));
  std::optional<int64_t> units = constantValue(dimOf(recurrent, 0));
  if (!units)
    return LogicalResult(emitOptionalError(loc, "S0308: the recurrent kernel of ", layer,
                                           " must have a known size, not ", printType(recurrent)));
  if (op.getUnits() && *units != static_cast<int64_t>(*op.getUnits()))
    return LogicalResult(emitOptionalError(loc, "S0315: 'units' is ", static_cast<int64_t>(*op.getUnits()),
                                           ", but the recurrent kernel is ", printType(recurrent)));
  MLIRContext *context = x.getContext();
  Dim state = constantDim(context, *units), gates = state * kind.gates;
  if (failed(checkShape(loc, "the recurrent kernel of " + layer, recurrent, {state, gates})) ||
      failed(checkShape(loc, "the kernel of " + layer, kernel, {dimOf(kernel, 0), gates})))
    return failure();
  Dims bias{gates};
  if (kind.twoBiases)
    bias.insert(bias.begin(), constantDim(context, 2));
  if (op.getBias() && failed(checkShape(loc, "the bias of " + layer, op.getBias().getType(), bias)))
    return failure();
  Sizes sizes{dimOf(x, 0), dimOf(x, 1), *units};
  for (Value initial : {Value(op.getInitialH()), Value(initialCell(op, 0))})
    if (initial && failed(checkShape(loc, "the initial state of " + layer, initial.getType(), {sizes.batch, state})))
      return failure();
  if (op.getLengths() && failed(checkShape(loc, "the lengths of " + layer, op.getLengths().getType(), {sizes.batch})))
    return failure();
  return sizes;
}

template <class Op>
static LogicalResult inferLayer(std::optional<Location> loc, typename Op::Adaptor op, SmallVectorImpl<Type> &types) {
  constexpr Kind kind = kKind<Op>;
  FailureOr<Sizes> sizes = analyze(loc, kind, op);
  if (failed(sizes))
    return failure();
  Type element = elementOf(op.getX());
  Dim units = constantDim(element.getContext(), sizes->units);
  Type state = tensorType({sizes->batch, units}, element);
  types.push_back(op.getReturnSequences() ? tensorType({sizes->batch, sizes->time, units}, element) : state);
  types.append(kind.hasCell ? 2 : 1, state);
  return success();
}

//===----------------------------------------------------------------------===//
// Parameters
//===----------------------------------------------------------------------===//

/// The bias: zeros, but for the gate that begins with 1.
static LayerParameter biasParameter(const Kind &kind, int64_t units, Type element) {
  SmallVector<int64_t> shape{kind.gates * units};
  if (kind.twoBiases)
    shape.insert(shape.begin(), 2);
  auto type = RankedTensorType::get(shape, element);
  MLIRContext *context = element.getContext();
  if (kind.forgetGate < 0)
    return {"bias", type, InitAttr::get(context, InitKind::zeros)};
  Builder b(context);
  SmallVector<Attribute> values(shape[0], b.getFloatAttr(element, 0.0));
  std::fill_n(values.begin() + kind.forgetGate * units, units, b.getFloatAttr(element, 1.0));
  return {"bias", type, InitAttr::get(context, InitKind::data), /*trainable=*/true,
          DenseElementsAttr::get(type, values)};
}

template <class Op>
static FailureOr<SmallVector<LayerParameter>> layerParameters(Location loc, DictionaryAttr attributes,
                                                              ArrayRef<RankedTensorType> operands) {
  constexpr Kind kind = kKind<Op>;
  auto op = attributesOf<Op>(loc, attributes);
  if (failed(op))
    return failure();
  SmallVector<LayerParameter> made;
  if (operands.size() >= 2 && operands[1])
    return made; // a layer that is given its kernel makes nothing
  if (failed(checkLayerInput(loc, kind.name, operands)) ||
      failed(checkRank(loc, Twine("the input of ") + kind.name, operands[0], 3)))
    return failure();
  if (!op->getUnits())
    return emitError(loc, "S0311: ") << kind.name << " needs 'units' or a kernel";
  auto units = static_cast<int64_t>(*op->getUnits());
  if (units < 1 || units > 1 << 30)
    return emitError(loc, "S0306: 'units' must be ")
           << (units < 1 ? "1 or more" : "at most 1073741824") << ", not " << units;
  FailureOr<int64_t> features = symc::staticSize(loc, operands[0], 2);
  if (failed(features))
    return failure();
  Type element = operands[0].getElementType();
  int64_t gates = kind.gates * units;
  made.push_back({"kernel", RankedTensorType::get({*features, gates}, element),
                  glorotUniform(loc.getContext(), static_cast<double>(*features), static_cast<double>(gates))});
  made.push_back({"recurrent_kernel", RankedTensorType::get({units, gates}, element),
                  InitAttr::get(loc.getContext(), InitKind::orthogonal, 1)});
  made.push_back(biasParameter(kind, units, element));
  return made;
}

//===----------------------------------------------------------------------===//
// Decomposition
//===----------------------------------------------------------------------===//

namespace {
/// The arguments of a step, and what its parts are built with.
struct Step {
  OpBuilder &b;
  Location loc;
  int64_t units;
  std::optional<StringRef> activation;
  Tensor h; // before the step
  std::optional<Tensor> c;
  Tensor x;         // what the kernel makes of the input, with its bias
  Tensor recurrent; // what the recurrent kernel makes of h, with its bias

  Tensor gate(Tensor gates, int64_t number) const {
    return gates.with(cropAxis(b, loc, gates.value, 1, constantDim(b.getContext(), number * units),
                               constantDim(b.getContext(), units)));
  }
  Tensor activate(Tensor v) const { return v.with(applyActivation(b, loc, activation, v.value)); }
};

/// The states after a step: h, and c where there is one.
SmallVector<Value> nextStates(RnnOp, const Step &s) { return {s.activate(s.x + s.recurrent).value}; }

SmallVector<Value> nextStates(LstmOp, const Step &s) {
  Tensor gates = s.x + s.recurrent;
  Tensor input = sigmoid(s.gate(gates, 0)), forget = sigmoid(s.gate(gates, 1));
  Tensor c = forget * *s.c + input * s.activate(s.gate(gates, 2));
  return {(sigmoid(s.gate(gates, 3)) * s.activate(c)).value, c.value};
}

SmallVector<Value> nextStates(GruOp, const Step &s) {
  Tensor update = sigmoid(s.gate(s.x, 0) + s.gate(s.recurrent, 0));
  Tensor reset = sigmoid(s.gate(s.x, 1) + s.gate(s.recurrent, 1));
  Tensor next = s.activate(s.gate(s.x, 2) + reset * s.gate(s.recurrent, 2));
  return {(update * s.h + (1.0 - update) * next).value};
}

/// The scan that a layer is, and its body.
template <class Op> class RecurrentScan {
public:
  RecurrentScan(Op op, OpBuilder &b) : op(op), b(b), loc(op.getLoc()), sizes(*analyze(std::nullopt, kKind<Op>, op)) {}

  SmallVector<Value> build() {
    constexpr Kind kind = kKind<Op>;
    Value running = op.getLengths() ? runningSteps() : Value();
    Value projected = projectInput(running);
    SmallVector<Value> inits, invariants;
    Type state = op.getH().getType();
    inits.push_back(op.getInitialH() ? Value(op.getInitialH()) : splat(b, loc, state, 0));
    if (kind.hasCell)
      inits.push_back(initialCell(op, 0) ? initialCell(op, 0) : splat(b, loc, state, 0));
    SmallVector<Type> types(inits.size(), state);
    if (op.getReturnSequences())
      types.push_back(stackedType(sizes.time, state));

    auto *body = new Block();
    body->addArgument(RankedTensorType::get({}, b.getI64Type()), place("t"));
    for (const char *name : {"h", "c"})
      if (body->getNumArguments() <= inits.size())
        body->addArgument(state, place(name));
    SmallVector<Value> rows{projected};
    Arguments arguments;
    arguments.x = body->addArgument(rowType(projected.getType()), place("x"));
    if (op.getLengths()) {
      rows.push_back(running);
      arguments.runs = body->addArgument(rowType(rows.back().getType()), place("runs"));
    }
    arguments.kernel = addInvariant(*body, invariants, op.getRecurrentKernel(), "recurrent_kernel");
    if (kind.twoBiases && op.getBias())
      arguments.bias = addInvariant(*body, invariants, biasRow(1), "bias");
    fill(*body, arguments);

    auto scan = ScanOp::create(b, loc, types, DimsAttr::get(b.getContext(), sizes.time), op.getReverseAttr(), inits,
                               rows, Value(), invariants, /*recompute=*/UnitAttr());
    scan.getBody().push_back(body);
    SmallVector<Value> results(scan.getResults().take_front(inits.size()));
    Value first = results[0];
    if (op.getReturnSequences())
      first = transposed(scan.getResults().back(), {1, 0, 2});
    results.insert(results.begin(), first);
    return results;
  }

private:
  /// Of the body, behind its carries; null for none.
  struct Arguments {
    Value x, runs, kernel, bias;
  };

  Op op;
  OpBuilder &b;
  Location loc;
  Sizes sizes;

  Location place(StringRef name) const {
    StringRef node = nodeName(loc);
    return node.empty() ? loc : NameLoc::get(b.getStringAttr(node + "/step/" + name), loc);
  }
  Value transposed(Value x, ArrayRef<int64_t> axes) {
    return TransposeOp::create(b, loc, x, b.getDenseI64ArrayAttr(axes));
  }
  Value addInvariant(Block &body, SmallVectorImpl<Value> &invariants, Value value, StringRef name) {
    invariants.push_back(value);
    return body.addArgument(value.getType(), place(name));
  }
  Value biasRow(int64_t row) {
    Dims dims = dimsOf(op.getBias());
    if (dims.size() == 1)
      return op.getBias();
    Value cropped = cropAxis(b, loc, op.getBias(), 0, constantDim(b.getContext(), row), constantDim(b.getContext(), 1));
    return reshape(b, loc, cropped, {dims[1]});
  }
  Value plus(Value x, Value bias) { return AddOp::create(b, loc, x, broadcastLike(b, loc, bias, x.getType())); }

  /// What the kernel makes of all steps of x, time first: turned before the product, since x mostly has fewer features
  /// than there are gates. What stands behind the end of a sequence is as if it were not there, whatever it holds: in
  /// the derivatives too, where a 0 would meet its infinities.
  Value projectInput(Value running) {
    Tensor x{b, loc, transposed(op.getX(), {1, 0, 2})};
    if (running)
      x.value = where(x.with(broadcastLike(b, loc, running, tensorType(dimsOf(x.value), b.getI1Type()))), x, 0.0).value;
    Value product = multiply(b, loc, flattenRows(b, loc, x.value), op.getKernel());
    if (op.getBias())
      product = plus(product, biasRow(0));
    return symc::reshape(b, loc, product, {sizes.time, sizes.batch, dimOf(product.getType(), 1)});
  }

  void fill(Block &body, const Arguments &arguments) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToEnd(&body);
    constexpr Kind kind = kKind<Op>;
    auto tensor = [&](Value value) { return Tensor{b, loc, value}; };
    Value h = body.getArgument(1), recurrent = multiply(b, loc, h, arguments.kernel);
    if (arguments.bias)
      recurrent = plus(recurrent, arguments.bias);
    SmallVector<Value> before(body.getArguments().slice(1, kind.hasCell ? 2 : 1));
    Step step{b, loc, sizes.units, op.getActivation(), tensor(h), std::nullopt, tensor(arguments.x), tensor(recurrent)};
    if (kind.hasCell)
      step.c.emplace(tensor(before[1]));
    SmallVector<Value> after = nextStates(op, step);
    Value row = after[0];
    if (arguments.runs) {
      Type bools = tensorType(dimsOf(h), b.getI1Type());
      Tensor runs = tensor(broadcastLike(b, loc, arguments.runs, bools));
      for (auto [next, last] : llvm::zip_equal(after, before))
        next = where(runs, tensor(next), tensor(last)).value;
      row = where(runs, tensor(row), 0.0).value;
    }
    if (op.getReturnSequences())
      after.push_back(row);
    YieldOp::create(b, loc, after);
  }

  /// Whether a sequence has a step, [time, batch, 1].
  Value runningSteps() {
    Type i64 = b.getI64Type();
    Dims sizes{this->sizes.time, this->sizes.batch};
    Tensor lengths = convert(Tensor{b, loc, op.getLengths()}, i64);
    Tensor step = lengths.with(
        IotaOp::create(b, loc, DimsAttr::get(b.getContext(), sizes), b.getI64IntegerAttr(0), TypeAttr::get(i64)));
    Tensor runs = step < lengths.with(broadcastLike(b, loc, lengths.value, step.value.getType()));
    sizes.push_back(constantDim(b.getContext(), 1));
    return symc::reshape(b, loc, runs.value, sizes);
  }
};
} // namespace

SmallVector<Value> RnnOp::decompose(OpBuilder &b) { return RecurrentScan<RnnOp>(*this, b).build(); }
SmallVector<Value> LstmOp::decompose(OpBuilder &b) { return RecurrentScan<LstmOp>(*this, b).build(); }
SmallVector<Value> GruOp::decompose(OpBuilder &b) { return RecurrentScan<GruOp>(*this, b).build(); }

#define GET_OP_CLASSES
#include "dialects/sym/Recurrent.cpp.inc"
