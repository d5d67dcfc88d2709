//===- LinearAlgebra.cpp - Factorisations and solvers ---------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Interpreter/Products.h"
#include <cmath>

using namespace mlir;
using namespace symc;
using namespace symc::interpreter;

namespace {
/// One matrix of a stack.
class Matrix {
public:
  Matrix(int64_t rows, int64_t columns) : rows(rows), columns(columns), elements(rows * columns) {}
  Matrix(const Array &stack, int64_t number)
      : rows(stack.sizes[stack.rank() - 2]), columns(stack.sizes.back()),
        elements(stack.reals.begin() + number * rows * columns, stack.reals.begin() + (number + 1) * rows * columns) {}

  double &operator()(int64_t i, int64_t j) { return elements[i * columns + j]; }
  double operator()(int64_t i, int64_t j) const { return elements[i * columns + j]; }
  void put(Array &stack, int64_t number) const { llvm::copy(elements, stack.reals.begin() + number * rows * columns); }
  Matrix transposed() const {
    Matrix out(columns, rows);
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t j = 0; j < columns; ++j)
        out(j, i) = (*this)(i, j);
    return out;
  }
  /// Without a row and a column.
  Matrix minor(int64_t row, int64_t column) const {
    Matrix out(rows - 1, columns - 1);
    for (int64_t i = 0; i < out.rows; ++i)
      for (int64_t j = 0; j < out.columns; ++j)
        out(i, j) = (*this)(i + (i >= row), j + (j >= column));
    return out;
  }
  void swapRows(int64_t i, int64_t j) {
    for (int64_t k = 0; i != j && k < columns; ++k)
      std::swap((*this)(i, k), (*this)(j, k));
  }

  int64_t rows, columns;
  std::vector<double> elements;
};
} // namespace

static int64_t stackSize(const Array &x) { return x.product(0, x.rank() - 2); }

//===----------------------------------------------------------------------===//
// Elimination
//===----------------------------------------------------------------------===//

/// Makes `a` upper triangular by rows, the largest element of a column in front, and does the same to `b`. The sign of
/// the permutation; what is below the diagonal keeps the factors. `pivots`: the row that each was swapped with.
static double eliminate(Matrix &a, Matrix &b, SmallVectorImpl<int64_t> *pivots = nullptr) {
  double sign = 1;
  for (int64_t i = 0; i < a.rows; ++i) {
    int64_t pivot = i;
    for (int64_t j = i + 1; j < a.rows; ++j)
      if (std::abs(a(j, i)) > std::abs(a(pivot, i)))
        pivot = j;
    if (pivots)
      pivots->push_back(pivot);
    sign = pivot == i ? sign : -sign;
    a.swapRows(i, pivot);
    b.swapRows(i, pivot);
    if (a(i, i) == 0)
      continue;
    for (int64_t j = i + 1; j < a.rows; ++j) {
      double factor = a(j, i) /= a(i, i);
      for (int64_t k = i + 1; k < a.columns; ++k)
        a(j, k) -= factor * a(i, k);
      for (int64_t k = 0; k < b.columns; ++k)
        b(j, k) -= factor * b(i, k);
    }
  }
  return sign;
}

/// Solves a @ x = b for a triangular a, in place.
static void substitute(const Matrix &a, Matrix &b, bool lower, bool unitDiagonal) {
  for (int64_t step = 0; step < a.rows; ++step) {
    int64_t i = lower ? step : a.rows - 1 - step;
    for (int64_t c = 0; c < b.columns; ++c) {
      for (int64_t j = lower ? 0 : i + 1; j < (lower ? i : a.rows); ++j)
        b(i, c) -= a(i, j) * b(j, c);
      if (!unitDiagonal)
        b(i, c) /= a(i, i);
    }
  }
}

static Matrix solved(Matrix a, Matrix b) {
  eliminate(a, b);
  substitute(a, b, /*lower=*/false, /*unitDiagonal=*/false);
  return b;
}

static double determinant(Matrix a) {
  Matrix none(a.rows, 0);
  double product = eliminate(a, none);
  for (int64_t i = 0; i < a.rows; ++i)
    product *= a(i, i);
  return product;
}

static double signOf(int64_t i, int64_t j) { return (i + j) % 2 ? -1 : 1; }

/// By the determinants of what a row and a column leave.
static Matrix cofactors(const Matrix &a) {
  Matrix out(a.rows, a.columns);
  for (int64_t i = 0; i < a.rows; ++i)
    for (int64_t j = 0; j < a.columns; ++j)
      out(i, j) = signOf(i, j) * determinant(a.minor(i, j));
  return out;
}

/// The derivative of sum(g * cofactors(a)) by a: by the determinants of what two rows and two columns leave.
static Matrix cofactorGradient(const Matrix &a, const Matrix &g) {
  Matrix out(a.rows, a.columns);
  for (int64_t i = 0; i < a.rows; ++i)
    for (int64_t j = 0; j < a.columns; ++j)
      for (int64_t k = 0; k < a.rows; ++k)
        for (int64_t l = 0; l < a.columns; ++l)
          if (k != i && l != j) {
            int64_t row = i - (i > k), column = j - (j > l);
            out(i, j) += g(k, l) * signOf(k, l) * signOf(row, column) * determinant(a.minor(k, l).minor(row, column));
          }
  return out;
}

/// The matrix that was factorised: rows swapped back, from the last to the first.
static Matrix fromFactors(const Matrix &lu, ArrayRef<int64_t> pivots) {
  Matrix a(lu.rows, lu.columns);
  for (int64_t i = 0; i < lu.rows; ++i)
    for (int64_t j = 0; j < lu.columns; ++j)
      for (int64_t k = 0; k <= std::min(i, j); ++k)
        a(i, j) += (k == i ? 1 : lu(i, k)) * lu(k, j);
  for (int64_t i = lu.rows; i-- > 0;)
    a.swapRows(i, pivots[i]);
  return a;
}

//===----------------------------------------------------------------------===//
// Factorisations
//===----------------------------------------------------------------------===//

static Matrix choleskyFactor(const Matrix &a) {
  Matrix l(a.rows, a.rows);
  for (int64_t j = 0; j < a.rows; ++j)
    for (int64_t i = j; i < a.rows; ++i) {
      double sum = a(i, j);
      for (int64_t k = 0; k < j; ++k)
        sum -= l(i, k) * l(j, k);
      l(i, j) = i == j ? (sum > 0 ? std::sqrt(sum) : std::nan("")) : sum / l(j, j);
    }
  return l;
}

/// q [m, k] and r [k, n] by Householder's reflections; the diagonal of r is -sign(a[j, j]) times the norm of what is
/// left.
static std::pair<Matrix, Matrix> qrFactors(Matrix a) {
  int64_t m = a.rows, n = a.columns, k = std::min(m, n);
  Matrix full(m, m);
  for (int64_t i = 0; i < m; ++i)
    full(i, i) = 1;
  // As LAPACK: a column of one element is left as it is.
  for (int64_t j = 0; j < std::min(k, m - 1); ++j) {
    double below = 0, norm = 0;
    for (int64_t i = j; i < m; ++i)
      norm = std::hypot(norm, a(i, j));
    for (int64_t i = j + 1; i < m; ++i)
      below = std::hypot(below, a(i, j));
    if (below == 0)
      continue;
    std::vector<double> v(m);
    for (int64_t i = j; i < m; ++i)
      v[i] = a(i, j);
    v[j] += std::copysign(norm, a(j, j));
    double square = 0;
    for (double x : v)
      square += x * x;
    auto reflect = [&](Matrix &x) {
      for (int64_t c = 0; c < x.columns; ++c) {
        double product = 0;
        for (int64_t i = j; i < m; ++i)
          product += v[i] * x(i, c);
        for (int64_t i = j; i < m; ++i)
          x(i, c) -= 2 * product / square * v[i];
      }
    };
    reflect(a);
    reflect(full);
  }
  Matrix q(m, k), r(k, n);
  for (int64_t j = 0; j < k; ++j)
    for (int64_t i = 0; i < m; ++i)
      q(i, j) = full(j, i);
  for (int64_t i = 0; i < k; ++i)
    for (int64_t j = i; j < n; ++j)
      r(i, j) = a(i, j);
  return {q, r};
}

static Matrix multiplied(const Matrix &a, const Matrix &b) {
  Matrix out(a.rows, b.columns);
  for (int64_t i = 0; i < a.rows; ++i)
    for (int64_t j = 0; j < b.columns; ++j)
      for (int64_t k = 0; k < a.columns; ++k)
        out(i, j) += a(i, k) * b(k, j);
  return out;
}

/// The least squares solution, or with fewer rows than columns the one of least norm.
static Matrix leastSquares(const Matrix &a, Matrix b) {
  if (a.rows < a.columns) {
    auto [q, r] = qrFactors(a.transposed());
    substitute(r.transposed(), b, /*lower=*/true, /*unitDiagonal=*/false);
    return multiplied(q, b);
  }
  auto [q, r] = qrFactors(a);
  Matrix x = multiplied(q.transposed(), b);
  substitute(r, x, /*lower=*/false, /*unitDiagonal=*/false);
  return x;
}

//===----------------------------------------------------------------------===//
// Stacks
//===----------------------------------------------------------------------===//

/// A function of each matrix of a stack, that gives a matrix.
template <class F> static Array ofEach(Scope &s, Value result, const Array &a, F f) {
  Array out = s.zeros(result);
  for (int64_t i = 0, n = stackSize(a); i < n; ++i)
    f(Matrix(a, i)).put(out, i);
  return out;
}

/// A system a @ x = b with broadcast leading axes, where b may be a vector.
template <class Op, class F> static Array system(Op op, Scope &s, F f) {
  const Array &a = s[op.getA()];
  Array b = s[op.getB()], out = s.zeros(op.getOut());
  Sizes sizes(out.sizes);
  if (b.rank() == 1) {
    b.sizes.push_back(1);
    sizes.push_back(1);
  }
  ArrayRef<int64_t> stack = ArrayRef(sizes).drop_back(2);
  auto whole = [&](const Array &x) {
    Sizes wide(stack);
    wide.append({x.sizes[x.rank() - 2], x.sizes.back()});
    return broadcast(x, wide);
  };
  Array left = whole(a), right = s.rounded(whole(b));
  for (int64_t i = 0, n = stackSize(left); i < n; ++i)
    f(Matrix(left, i), Matrix(right, i)).put(out, i);
  return out;
}

static Array triangularSolve(sym::TriangularSolveOp op, Scope &s) {
  return system(op, s, [&](Matrix a, Matrix b) {
    bool lower = op.getLower() != op.getTransposeA();
    substitute(op.getTransposeA() ? a.transposed() : a, b, lower, op.getUnitDiagonal());
    return b;
  });
}

static Array cofactorGradients(Scope &s, const Array &a, const Array &g, Value result) {
  Array out = s.zeros(result);
  for (int64_t i = 0, n = stackSize(a); i < n; ++i)
    cofactorGradient(Matrix(a, i), Matrix(g, i)).put(out, i);
  return out;
}

static Array triangularSubstitute(sym::TriangularSubstituteOp op, Scope &s) {
  const Array &a = s[op.getA()], &b = s[op.getB()];
  Array out = s.zeros(op.getX());
  for (int64_t i = 0, n = stackSize(a); i < n; ++i) {
    Matrix left(a, i), x(b, i);
    substitute(op.getTranspose() ? left.transposed() : left, x, op.getLower() != op.getTranspose(),
               op.getUnitDiagonal());
    x.put(out, i);
  }
  return out;
}

static Results lu(sym::LuOp op, Scope &s) {
  const Array &a = s[op.getA()];
  Results results{s.zeros(op.getLu()), s.zeros(op.getPivots())};
  for (int64_t i = 0, n = stackSize(a); i < n; ++i) {
    Matrix factors(a, i), none(factors.rows, 0);
    SmallVector<int64_t> pivots;
    eliminate(factors, none, &pivots);
    // Factors of rows that are swapped later move with them, since whole rows are.
    factors.put(results[0], i);
    for (auto [row, pivot] : llvm::enumerate(pivots))
      results[1].set(i * factors.rows + static_cast<int64_t>(row), pivot);
  }
  return results;
}

/// A function of the matrix that was factorised, and of its number.
template <class Op, class F> static Array ofFactors(Op op, Scope &s, Value result, F f) {
  const Array &lu = s[op.getLu()], &pivots = s[op.getPivots()];
  Array out = s.zeros(result);
  int64_t rows = lu.sizes.back();
  for (int64_t i = 0, n = stackSize(lu); i < n; ++i)
    f(fromFactors(Matrix(lu, i), ArrayRef(pivots.integers).slice(i * rows, rows)), i, out);
  return out;
}

static Results qr(Scope &s, const Array &a, Value q, Value r) {
  Results results{s.zeros(q), s.zeros(r)};
  for (int64_t i = 0, n = stackSize(a); i < n; ++i) {
    auto [left, right] = qrFactors(Matrix(a, i));
    left.put(results[0], i);
    right.put(results[1], i);
  }
  return results;
}

static Array inverse(sym::InvOp op, Scope &s) {
  return ofEach(s, op.getOut(), s[op.getA()], [](const Matrix &a) {
    Matrix identity(a.rows, a.rows);
    for (int64_t i = 0; i < a.rows; ++i)
      identity(i, i) = 1;
    return solved(a, identity);
  });
}

static Array determinants(sym::DetOp op, Scope &s) {
  const Array &a = s[op.getA()];
  Array out = s.zeros(op.getOut());
  for (int64_t i = 0, n = stackSize(a); i < n; ++i)
    out.set(i, determinant(Matrix(a, i)));
  return out;
}

static Array trace(sym::TraceOp op, Scope &s) {
  const Array &a = s[op.getA()];
  Array out = s.zeros(op.getOut());
  int64_t rows = a.sizes[a.rank() - 2], columns = a.sizes.back();
  for (int64_t i = 0, n = stackSize(a); i < n; ++i) {
    Total total;
    for (int64_t k = 0; k < std::min(rows, columns); ++k)
      total.add(a, (i * rows + k) * columns + k);
    total.put(s, out, i);
  }
  return out;
}

/// out[…, i, …] = x[…, i, …, i, …] at the axes first < second, and back.
template <class Op> static Array diagonal(Op op, Scope &s, bool embed) {
  const Array &x = s[op.getX()];
  auto first = static_cast<int64_t>(op.getFirst()), second = static_cast<int64_t>(op.getSecond());
  return taken(x, s.sizes(op.getOut().getType()), [&](Place to) -> int64_t {
    Sizes from(to);
    if (embed) {
      from.erase(from.begin() + second);
      return to[first] == to[second] ? x.at(from) : -1;
    }
    from.insert(from.begin() + second, to[first]);
    return x.at(from);
  });
}

static void addPublicOps(Rules &rules) {
  rules.add<sym::CholeskyOp>(
      [](sym::CholeskyOp op, Scope &s) { return ofEach(s, op.getOut(), s[op.getA()], choleskyFactor); });
  rules.add<sym::TriangularSolveOp>(triangularSolve);
  rules.add<sym::SolveOp>([](sym::SolveOp op, Scope &s) { return system(op, s, solved); });
  rules.add<sym::LstsqOp>([](sym::LstsqOp op, Scope &s) { return system(op, s, leastSquares); });
  rules.add<sym::InvOp>(inverse);
  rules.add<sym::DetOp>(determinants);
  rules.add<sym::QrOp>([](sym::QrOp op, Scope &s) { return qr(s, s[op.getA()], op.getQ(), op.getR()); });
  rules.add<sym::TraceOp>(trace);
}

void interpreter::addLinearAlgebraRules(Rules &rules) {
  addPublicOps(rules);
  rules.add<sym::DiagonalOp>([](sym::DiagonalOp op, Scope &s) { return diagonal(op, s, false); }, Computes::Exactly);
  rules.add<sym::DiagonalEmbedOp>([](sym::DiagonalEmbedOp op, Scope &s) { return diagonal(op, s, true); },
                                  Computes::Exactly);
  rules.add<sym::TriangularSubstituteOp>(triangularSubstitute);
  rules.add<sym::LuOp>(lu);
  rules.add<sym::LuSolveOp>([](sym::LuSolveOp op, Scope &s) {
    return ofFactors(op, s, op.getX(), [&](const Matrix &a, int64_t i, Array &out) {
      solved(op.getTranspose() ? a.transposed() : a, Matrix(s[op.getB()], i)).put(out, i);
    });
  });
  rules.add<sym::LuDetOp>([](sym::LuDetOp op, Scope &s) {
    return ofFactors(op, s, op.getDet(), [](const Matrix &a, int64_t i, Array &out) { out.set(i, determinant(a)); });
  });
  rules.add<sym::LuCofactorsOp>([](sym::LuCofactorsOp op, Scope &s) {
    return ofFactors(op, s, op.getCofactors(),
                     [](const Matrix &a, int64_t i, Array &out) { cofactors(a).put(out, i); });
  });
  rules.add<sym::CofactorsOp>(
      [](sym::CofactorsOp op, Scope &s) { return ofEach(s, op.getCofactors(), s[op.getA()], cofactors); });
  rules.add<sym::CofactorsGradOp>(
      [](sym::CofactorsGradOp op, Scope &s) { return cofactorGradients(s, s[op.getA()], s[op.getG()], op.getOut()); });
  rules.add<sym::SecondMinorsOp>([](sym::SecondMinorsOp op, Scope &s) {
    return Results{cofactorGradients(s, s[op.getA()], s[op.getG()], op.getOut()), s.zeros(op.getRoom())};
  });
  rules.add<sym::QrFactorOp>([](sym::QrFactorOp op, Scope &s) {
    Results results = qr(s, s[op.getA()], op.getQ(), op.getR());
    results.push_back(s.zeros(op.getRoom()));
    return results;
  });
  rules.add<sym::LinearSolveOp>([](sym::LinearSolveOp op, Scope &s) {
    const Array &a = s[op.getA()];
    Array b = s.rounded(s[op.getB()]), out = s.zeros(op.getX());
    for (int64_t i = 0, n = stackSize(a); i < n; ++i) {
      Matrix left(a, i);
      solved(op.getTranspose() ? left.transposed() : left, Matrix(b, i)).put(out, i);
    }
    return out;
  });
}
