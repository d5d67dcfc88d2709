//===- LinearAlgebra.cpp - Factorisations and solvers ---------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Build.h"
#include "dialects/sym/Check.h"
#include "dialects/sym/Contraction.h"
#include "dialects/sym/Shape.h"

using namespace mlir;
using namespace symc;
using namespace symc::sym;

//===----------------------------------------------------------------------===//
// Diagonals
//===----------------------------------------------------------------------===//

LogicalResult DiagonalOp::inferReturnTypes(MLIRContext *, std::optional<Location>, ValueRange operands,
                                           DictionaryAttr attributes, OpaqueProperties properties, RegionRange regions,
                                           SmallVectorImpl<Type> &types) {
  Adaptor op(operands, attributes, properties, regions);
  Dims dims = dimsOf(op.getX());
  dims.erase(dims.begin() + op.getSecond());
  types.push_back(tensorType(dims, elementOf(op.getX())));
  return success();
}

Value DiagonalOp::buildElement(ElementBuilder &e, ArrayRef<Index> index) {
  Indices source(index);
  source.insert(source.begin() + getSecond(), Index(index[getFirst()]));
  return e.read(0, source);
}

SmallVector<Value> DiagonalOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  return {DiagonalEmbedOp::create(b, getLoc(), cotangents[0], getFirst(), getSecond())};
}

LogicalResult DiagonalEmbedOp::inferReturnTypes(MLIRContext *, std::optional<Location>, ValueRange operands,
                                                DictionaryAttr attributes, OpaqueProperties properties,
                                                RegionRange regions, SmallVectorImpl<Type> &types) {
  Adaptor op(operands, attributes, properties, regions);
  Dims dims = dimsOf(op.getX());
  dims.insert(dims.begin() + op.getSecond(), Dim(dims[op.getFirst()]));
  types.push_back(tensorType(dims, elementOf(op.getX())));
  return success();
}

Value DiagonalEmbedOp::buildElement(ElementBuilder &e, ArrayRef<Index> index) {
  Indices source(index);
  source.erase(source.begin() + getSecond());
  Value element = e.read(0, source);
  Value zero = arith::ConstantOp::create(e.b, e.loc, e.b.getZeroAttr(element.getType()));
  Value on = arith::CmpIOp::create(e.b, e.loc, arith::CmpIPredicate::eq, e.value(index[getFirst()]),
                                   e.value(index[getSecond()]));
  return arith::SelectOp::create(e.b, e.loc, on, element, zero);
}

SmallVector<Value> DiagonalEmbedOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  return {DiagonalOp::create(b, getLoc(), cotangents[0], getFirst(), getSecond())};
}

//===----------------------------------------------------------------------===//
// Stacks of matrices
//===----------------------------------------------------------------------===//

static Dims leading(Type matrices) {
  Dims dims = dimsOf(matrices);
  dims.pop_back_n(2);
  return dims;
}
static Dim rows(Value matrices) { return dimOf(matrices.getType(), rankOf(matrices) - 2); }
static Dim columns(Value matrices) { return dimOf(matrices.getType(), rankOf(matrices) - 1); }
static Dim stackSize(Value matrices) { return product(matrices.getContext(), leading(matrices.getType())); }

static Type stackType(ArrayRef<Dim> batch, ArrayRef<Dim> last, Type element) {
  Dims dims(batch);
  dims.append(last.begin(), last.end());
  return tensorType(dims, element);
}

static Value transposed(OpBuilder &b, Location loc, Value x) {
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(rankOf(x)));
  std::swap(axes[axes.size() - 1], axes[axes.size() - 2]);
  return TransposeOp::create(b, loc, x, b.getDenseI64ArrayAttr(axes));
}
static Value negated(OpBuilder &b, Location loc, Value x) { return NegOp::create(b, loc, x); }
static Value lowerHalf(OpBuilder &b, Location loc, Value x, int64_t k) {
  return TrilOp::create(b, loc, x, b.getI64IntegerAttr(k));
}

static LogicalResult checkMatrix(std::optional<Location> loc, StringRef op, Type a) {
  if (cast<RankedTensorType>(a).getRank() >= 2)
    return success();
  return emitOptionalError(loc, "S0302: ", op, " needs a matrix, not ", printType(a));
}
static LogicalResult checkSquare(std::optional<Location> loc, StringRef op, Value a) {
  if (failed(checkMatrix(loc, op, a.getType())))
    return failure();
  if (rows(a) == columns(a))
    return success();
  return emitOptionalError(loc, "S0301: ", op, " needs a square matrix, not ", printType(a.getType()));
}

namespace {
/// The sizes of a @ x = b: b is a vector or a stack of matrices.
struct System {
  Dims batch;
  Dim unknowns, sides;
  bool vector;

  Type solutionType(Type element) const {
    return vector ? stackType(batch, {unknowns}, element) : stackType(batch, {unknowns, sides}, element);
  }
};
} // namespace

static FailureOr<System> checkSystem(std::optional<Location> loc, StringRef op, Value a, Value b) {
  if (failed(checkElements(loc, op, {a, b})) || failed(checkMatrix(loc, op, a.getType())))
    return failure();
  if (rankOf(b) == 0)
    return LogicalResult(emitOptionalError(loc, "S0302: the right side of ", op, " must not be a scalar"));
  System system;
  system.vector = rankOf(b) == 1;
  system.unknowns = columns(a);
  system.sides = system.vector ? constantDim(a.getContext(), 1) : columns(b);
  Dim equations = system.vector ? dimOf(b.getType(), 0) : rows(b);
  if (rows(a) != equations)
    return LogicalResult(emitOptionalError(loc, "S0301: ", op, " of ", printType(a.getType()), " and ",
                                           printType(b.getType()), ": ", printDim(rows(a)), " rows and ",
                                           printDim(equations), " on the right side"));
  FailureOr<Dims> batch = broadcastLeading(loc, leading(a.getType()), system.vector ? Dims() : leading(b.getType()),
                                           a.getType(), b.getType());
  if (failed(batch))
    return failure();
  system.batch = *batch;
  return system;
}

template <class Op>
static LogicalResult inferSystem(std::optional<Location> loc, StringRef name, bool square, ValueRange operands,
                                 SmallVectorImpl<Type> &types) {
  if (square && failed(checkSquare(loc, name, operands[0])))
    return failure();
  FailureOr<System> system = checkSystem(loc, name, operands[0], operands[1]);
  if (failed(system))
    return failure();
  types.push_back(system->solutionType(elementOf(operands[0])));
  return success();
}

/// `x` with the leading axes of the system.
static Value broadcastStack(OpBuilder &b, Location loc, Value x, const System &system) {
  return broadcastLike(b, loc, x, stackType(system.batch, {rows(x), columns(x)}, elementOf(x)));
}

static LogicalResult inferSquare(std::optional<Location> loc, StringRef name, ValueRange operands,
                                 SmallVectorImpl<Type> &types) {
  types.push_back(operands[0].getType());
  return checkSquare(loc, name, operands[0]);
}

//===----------------------------------------------------------------------===//
// cholesky
//===----------------------------------------------------------------------===//

LogicalResult CholeskyOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, ValueRange operands,
                                           DictionaryAttr, OpaqueProperties, RegionRange,
                                           SmallVectorImpl<Type> &types) {
  return inferSquare(loc, "cholesky", operands, types);
}
std::string CholeskyOp::getKernelName() { return "symc_k_cholesky_" + printElementType(elementOf(getA())); }
SmallVector<Dim> CholeskyOp::getKernelIntegers() { return {stackSize(getA()), rows(getA())}; }

SmallVector<Value> CholeskyOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  Location loc = getLoc();
  Value l = getOut(), p = multiply(b, loc, l, cotangents[0], true);
  auto half = [&](Value x, Value y) {
    Value sum = AddOp::create(b, loc, x, y);
    return MulOp::create(b, loc, sum, splat(b, loc, sum.getType(), 0.5)).getResult();
  };
  p = half(lowerHalf(b, loc, p, 0), lowerHalf(b, loc, p, -1));
  auto solve = [&](Value x) -> Value {
    return TriangularSolveOp::create(b, loc, l, x, b.getBoolAttr(true), b.getBoolAttr(true), b.getBoolAttr(false));
  };
  Value s = solve(transposed(b, loc, solve(p))); // inv(l).T @ p @ inv(l), transposed
  return {half(s, transposed(b, loc, s))};
}

//===----------------------------------------------------------------------===//
// triangular_solve
//===----------------------------------------------------------------------===//

LogicalResult TriangularSolveOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, ValueRange operands,
                                                  DictionaryAttr, OpaqueProperties, RegionRange,
                                                  SmallVectorImpl<Type> &types) {
  return inferSystem<TriangularSolveOp>(loc, "triangular_solve", true, operands, types);
}

SmallVector<Value> TriangularSolveOp::decompose(OpBuilder &b) {
  System system = *checkSystem(std::nullopt, "", getA(), getB());
  Value right = broadcastStack(b, getLoc(), asColumn(b, getLoc(), getB()), system);
  Value x = TriangularSubstituteOp::create(b, getLoc(), right.getType(), broadcastStack(b, getLoc(), getA(), system),
                                           right, getLower(), getTransposeA(), getUnitDiagonal());
  return {reshapeLike(b, getLoc(), x, getType())};
}

SmallVector<Value> TriangularSolveOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  Location loc = getLoc();
  System system = *checkSystem(std::nullopt, "", getA(), getB());
  Type matrices = stackType(system.batch, {system.unknowns, system.sides}, elementOf(getA()));
  Value x = reshapeLike(b, loc, getOut(), matrices), g = reshapeLike(b, loc, cotangents[0], matrices);
  Value db = TriangularSolveOp::create(b, loc, getA(), g, getLowerAttr(), b.getBoolAttr(!getTransposeA()),
                                       getUnitDiagonalAttr());
  Value da =
      negated(b, loc, getTransposeA() ? multiply(b, loc, x, db, false, true) : multiply(b, loc, db, x, false, true));
  int64_t k = getUnitDiagonal();
  if (getLower())
    da = lowerHalf(b, loc, da, -k);
  else
    da = TriuOp::create(b, loc, da, b.getI64IntegerAttr(k));
  Type right = system.vector
                   ? tensorType({dimOf(getB().getType(), 0), constantDim(b.getContext(), 1)}, elementOf(getB()))
                   : getB().getType();
  return {unbroadcast(b, loc, da, getA().getType()),
          reshapeLike(b, loc, unbroadcast(b, loc, db, right), getB().getType())};
}

std::string TriangularSubstituteOp::getKernelName() {
  return "symc_k_triangular_solve_" + printElementType(elementOf(getA()));
}
SmallVector<Dim> TriangularSubstituteOp::getKernelIntegers() {
  auto flag = [&](bool value) { return constantDim(getContext(), value); };
  return {stackSize(getA()), rows(getA()),         columns(getB()),
          flag(getLower()),  flag(getTranspose()), flag(getUnitDiagonal())};
}

//===----------------------------------------------------------------------===//
// solve, inv, det
//===----------------------------------------------------------------------===//

LogicalResult SolveOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, ValueRange operands, DictionaryAttr,
                                        OpaqueProperties, RegionRange, SmallVectorImpl<Type> &types) {
  return inferSystem<SolveOp>(loc, "solve", true, operands, types);
}
SmallVector<Value> SolveOp::decompose(OpBuilder &b) {
  System system = *checkSystem(std::nullopt, "", getA(), getB());
  Value right = broadcastStack(b, getLoc(), asColumn(b, getLoc(), getB()), system);
  Value x = LinearSolveOp::create(b, getLoc(), right.getType(), broadcastStack(b, getLoc(), getA(), system), right,
                                  b.getBoolAttr(false));
  return {reshapeLike(b, getLoc(), x, getType())};
}

SmallVector<Value> LinearSolveOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  Location loc = getLoc();
  Value db = LinearSolveOp::create(b, loc, getB().getType(), getA(), cotangents[0], b.getBoolAttr(!getTranspose()));
  Value da = getTranspose() ? multiply(b, loc, getX(), db, false, true) : multiply(b, loc, db, getX(), false, true);
  return {negated(b, loc, da), db};
}

static LuOp factors(OpBuilder &b, Location loc, Value a) {
  Dims dims = dimsOf(a);
  dims.pop_back();
  return LuOp::create(b, loc, a.getType(), tensorType(dims, b.getI64Type()), a);
}
SmallVector<Value> LinearSolveOp::decompose(OpBuilder &b) {
  LuOp lu = factors(b, getLoc(), getA());
  return {LuSolveOp::create(b, getLoc(), getType(), lu.getLu(), lu.getPivots(), getB(), getTransposeAttr())};
}

std::string LuOp::getKernelName() { return "symc_k_lu_" + printElementType(elementOf(getA())); }
SmallVector<Dim> LuOp::getKernelIntegers() { return {stackSize(getA()), rows(getA())}; }
std::string LuSolveOp::getKernelName() { return "symc_k_lu_solve_" + printElementType(elementOf(getLu())); }
SmallVector<Dim> LuSolveOp::getKernelIntegers() {
  return {stackSize(getLu()), rows(getLu()), columns(getB()), constantDim(getContext(), getTranspose())};
}
std::string LuDetOp::getKernelName() { return "symc_k_lu_det_" + printElementType(elementOf(getLu())); }
SmallVector<Dim> LuDetOp::getKernelIntegers() { return {stackSize(getLu()), rows(getLu())}; }
std::string LuCofactorsOp::getKernelName() { return "symc_k_lu_cofactors_" + printElementType(elementOf(getLu())); }
SmallVector<Dim> LuCofactorsOp::getKernelIntegers() { return {stackSize(getLu()), rows(getLu())}; }

LogicalResult InvOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, ValueRange operands, DictionaryAttr,
                                      OpaqueProperties, RegionRange, SmallVectorImpl<Type> &types) {
  return inferSquare(loc, "inv", operands, types);
}
SmallVector<Value> InvOp::decompose(OpBuilder &b) {
  Location loc = getLoc();
  Value ones = splat(b, loc, tensorType({rows(getA())}, elementOf(getA())), 1);
  Value identity = broadcastLike(b, loc, DiagonalEmbedOp::create(b, loc, ones, 0, 1), getType());
  return {LinearSolveOp::create(b, loc, getType(), getA(), identity, b.getBoolAttr(false))};
}
SmallVector<Value> InvOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  Value left = multiply(b, getLoc(), getOut(), cotangents[0], true);
  return {negated(b, getLoc(), multiply(b, getLoc(), left, getOut(), false, true))};
}

LogicalResult DetOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, ValueRange operands, DictionaryAttr,
                                      OpaqueProperties, RegionRange, SmallVectorImpl<Type> &types) {
  if (failed(checkSquare(loc, "det", operands[0])))
    return failure();
  types.push_back(tensorType(leading(operands[0].getType()), elementOf(operands[0])));
  return success();
}
SmallVector<Value> DetOp::decompose(OpBuilder &b) {
  LuOp lu = factors(b, getLoc(), getA());
  return {LuDetOp::create(b, getLoc(), getType(), lu.getLu(), lu.getPivots())};
}
SmallVector<Value> DetOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  Location loc = getLoc();
  int64_t rank = rankOf(getA());
  Value cofactors = CofactorsOp::create(b, loc, getA().getType(), getA());
  return {MulOp::create(b, loc, spread(b, loc, cotangents[0], {rank - 2, rank - 1}, getA().getType()), cofactors)};
}

SmallVector<Value> CofactorsOp::decompose(OpBuilder &b) {
  LuOp lu = factors(b, getLoc(), getA());
  return {LuCofactorsOp::create(b, getLoc(), getType(), lu.getLu(), lu.getPivots())};
}
SmallVector<Value> CofactorsOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  return {CofactorsGradOp::create(b, getLoc(), getA(), cotangents[0])};
}

SmallVector<Value> CofactorsGradOp::decompose(OpBuilder &b) {
  Type type = getType(), room = stackType(leading(type), {rows(getA()) + 4, columns(getA())}, elementOf(getA()));
  return {SecondMinorsOp::create(b, getLoc(), type, room, getA(), getG()).getOut()};
}
SmallVector<Value> CofactorsGradOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  // With i = inv(a).T, c = cofactors(a), t = sum(g * i) and s = sum(h * c) for a cotangent h, sum(h * out) is
  // t * s - sum(h * (i @ g.T @ c)). This is for an invertible a: of others a third derivative would need the
  // determinants of what three rows and columns leave.
  Location loc = getLoc();
  Value a = getA(), g = getG(), h = cotangents[0];
  int64_t rank = rankOf(a);
  auto grad = [&](Value x) -> Value { return CofactorsGradOp::create(b, loc, a, x); };
  auto total = [&](Value x, Value y) {
    Value sum = sumOver(b, loc, MulOp::create(b, loc, x, y), {rank - 2, rank - 1}, true);
    return broadcastLike(b, loc, sum, a.getType());
  };
  auto scaled = [&](Value factor, Value x) -> Value { return MulOp::create(b, loc, factor, x); };
  auto minus = [&](Value x, Value y) -> Value { return SubOp::create(b, loc, x, y); };
  Value i = transposed(b, loc, InvOp::create(b, loc, a)), c = CofactorsOp::create(b, loc, a.getType(), a);
  Value outer = grad(minus(scaled(total(g, i), h), multiply(b, loc, multiply(b, loc, g, i, false, true), h)));
  Value gt = transposed(b, loc, g);
  Value inner = minus(multiply(b, loc, multiply(b, loc, gt, c), h, false, true), scaled(total(h, c), gt));
  Value da = AddOp::create(b, loc, outer, multiply(b, loc, multiply(b, loc, i, inner), i));
  return {da, grad(h)};
}
std::string SecondMinorsOp::getKernelName() { return "symc_k_second_minors_" + printElementType(elementOf(getA())); }
SmallVector<Dim> SecondMinorsOp::getKernelIntegers() { return {stackSize(getA()), rows(getA())}; }

//===----------------------------------------------------------------------===//
// qr, lstsq
//===----------------------------------------------------------------------===//

/// min(m, n); a symbolic number of rows is taken to be enough.
static Dim factorSize(Value a) {
  std::optional<int64_t> m = constantValue(rows(a)), n = constantValue(columns(a));
  return m && n && *m < *n ? rows(a) : columns(a);
}
static bool isWide(Value a) { return factorSize(a) != columns(a); }

LogicalResult QrOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, ValueRange operands, DictionaryAttr,
                                     OpaqueProperties, RegionRange, SmallVectorImpl<Type> &types) {
  Value a = operands[0];
  if (failed(checkMatrix(loc, "qr", a.getType())))
    return failure();
  if (!constantValue(columns(a)))
    return emitOptionalError(loc, "S0308: qr needs a known number of columns, not ", printType(a.getType()));
  Dims batch = leading(a.getType());
  types.push_back(stackType(batch, {rows(a), factorSize(a)}, elementOf(a)));
  types.push_back(stackType(batch, {factorSize(a), columns(a)}, elementOf(a)));
  return success();
}
SmallVector<Value> QrOp::decompose(OpBuilder &b) {
  Type room = stackType(leading(getA().getType()), {rows(getA()) + 2, columns(getA())}, elementOf(getA()));
  auto factor = QrFactorOp::create(b, getLoc(), getQ().getType(), getR().getType(), room, getA());
  return {factor.getQ(), factor.getR()};
}
SmallVector<SizeRequirement> QrFactorOp::getSizeRequirements() {
  Dim m = rows(getA());
  if (constantValue(m))
    return {};
  return {{m, *constantValue(columns(getA())),
           "the factors of a matrix of {bound} columns need at least as many rows, not " + printDim(m) + " = {value}"}};
}
std::string QrFactorOp::getKernelName() { return "symc_k_qr_" + printElementType(elementOf(getA())); }
SmallVector<Dim> QrFactorOp::getKernelIntegers() {
  return {stackSize(getA()), rows(getA()), columns(getA()), rows(getR())};
}

/// The derivative of qr for a square r and cotangents of which none is missing.
static Value qrVjp(OpBuilder &b, Location loc, Value q, Value r, Value dq, Value dr) {
  Value m = SubOp::create(b, loc, multiply(b, loc, r, dr, false, true), multiply(b, loc, dq, q, true));
  Value mirrored = AddOp::create(b, loc, lowerHalf(b, loc, m, 0), transposed(b, loc, lowerHalf(b, loc, m, -1)));
  Value left = AddOp::create(b, loc, dq, multiply(b, loc, q, mirrored));
  // left @ inv(r).T is the transpose of inv(r) @ left.T.
  Value solved = TriangularSolveOp::create(b, loc, r, transposed(b, loc, left), b.getBoolAttr(false),
                                           b.getBoolAttr(false), b.getBoolAttr(false));
  return transposed(b, loc, solved);
}

SmallVector<Value> QrOp::buildVjp(OpBuilder &b, ValueRange cotangents) {
  Location loc = getLoc();
  Value dq = cotangents[0] ? cotangents[0] : splat(b, loc, getQ().getType(), 0);
  Value dr = cotangents[1] ? cotangents[1] : splat(b, loc, getR().getType(), 0);
  if (!isWide(getA()))
    return {qrVjp(b, loc, getQ(), getR(), dq, dr)};
  // a = [x | y] with a square x = q @ u, r = [u | v] and v = q.T @ y.
  int64_t rank = rankOf(getA()), m = *constantValue(rows(getA()));
  auto part = [&](Value matrix, bool first) -> Value {
    OpenInts start(rank), stop(rank);
    (first ? stop : start).back() = m;
    return SliceOp::create(b, loc, matrix, openIntsAttr(b.getContext(), start), openIntsAttr(b.getContext(), stop),
                           ArrayAttr());
  };
  Value y = part(getA(), false), dv = part(dr, false);
  dq = AddOp::create(b, loc, dq, multiply(b, loc, y, dv, false, true));
  Value dx = qrVjp(b, loc, getQ(), part(getR(), true), dq, part(dr, true));
  return {ConcatOp::create(b, loc, ValueRange{dx, multiply(b, loc, getQ(), dv)}, b.getI64IntegerAttr(rank - 1))};
}

LogicalResult LstsqOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, ValueRange operands, DictionaryAttr,
                                        OpaqueProperties, RegionRange, SmallVectorImpl<Type> &types) {
  if (succeeded(checkMatrix(std::nullopt, "", operands[0].getType())) && !constantValue(columns(operands[0])))
    return emitOptionalError(loc, "S0308: lstsq needs a known number of columns, not ",
                             printType(operands[0].getType()));
  return inferSystem<LstsqOp>(loc, "lstsq", false, operands, types);
}
SmallVector<Value> LstsqOp::decompose(OpBuilder &b) {
  Location loc = getLoc();
  Value a = getA(), right = asColumn(b, loc, getB());
  bool wide = isWide(a);
  auto qr = QrOp::create(b, loc, wide ? transposed(b, loc, a) : a);
  auto solve = [&](Value x) -> Value {
    return TriangularSolveOp::create(b, loc, qr.getR(), x, b.getBoolAttr(false), b.getBoolAttr(wide),
                                     b.getBoolAttr(false));
  };
  Value x = wide ? multiply(b, loc, qr.getQ(), solve(right)) : solve(multiply(b, loc, qr.getQ(), right, true));
  return {reshapeLike(b, loc, x, getType())};
}

//===----------------------------------------------------------------------===//
// trace
//===----------------------------------------------------------------------===//

LogicalResult TraceOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, ValueRange operands, DictionaryAttr,
                                        OpaqueProperties, RegionRange, SmallVectorImpl<Type> &types) {
  if (failed(checkMatrix(loc, "trace", operands[0].getType())))
    return failure();
  types.push_back(tensorType(leading(operands[0].getType()), elementOf(operands[0])));
  return success();
}
SmallVector<Value> TraceOp::decompose(OpBuilder &b) {
  int64_t rank = rankOf(getA());
  Value a = getA();
  if (rows(a) != columns(a)) {
    Dim zero = constantDim(b.getContext(), 0), length = rows(a) - (rows(a) - columns(a)).positivePart();
    for (int64_t axis : {rank - 2, rank - 1})
      a = cropAxis(b, getLoc(), a, axis, zero, length);
  }
  Value diagonal = DiagonalOp::create(b, getLoc(), a, rank - 2, rank - 1);
  return {sumOver(b, getLoc(), diagonal, {rank - 2}, false)};
}

#define GET_OP_CLASSES
#include "dialects/sym/LinearAlgebra.cpp.inc"
