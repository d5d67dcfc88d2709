//===- LinearAlgebra.cpp - Factorisations and solvers ---------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Stacks of row-major matrices; the first of the integers is their number. Nothing is
// allocated, nothing fails: what has no answer (a singular matrix) gives NaN or infinities.
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/Kernels.h"
#include <string.h>

namespace {

inline float squareRoot(float x) { return __builtin_sqrtf(x); }
inline double squareRoot(double x) { return __builtin_sqrt(x); }
template <class T> T absolute(T x) { return x < 0 ? -x : x; }

/// a -> lower factor of the symmetric a, of which the lower half is read; integers: count, n.
template <class T> void cholesky(void *const *buffers, const int64_t *integers) {
  int64_t count = integers[0], n = integers[1];
  for (int64_t c = 0; c < count; ++c) {
    const T *a = static_cast<const T *>(buffers[0]) + c * n * n;
    T *l = static_cast<T *>(buffers[1]) + c * n * n;
    for (int64_t i = 0; i < n; ++i) {
      for (int64_t j = 0; j <= i; ++j) {
        T sum = a[i * n + j];
        for (int64_t k = 0; k < j; ++k)
          sum -= l[i * n + k] * l[j * n + k];
        l[i * n + j] = i == j ? squareRoot(sum) : sum / l[j * n + j];
      }
      for (int64_t j = i + 1; j < n; ++j)
        l[i * n + j] = 0;
    }
  }
}

/// Solves a x = b in place of b [n, k] by substitution.
template <class T> void substitute(const T *a, T *x, int64_t n, int64_t k, int lower, int transpose, int unit) {
  int64_t row = transpose ? 1 : n, column = transpose ? n : 1;
  int forward = lower != transpose;
  for (int64_t step = 0; step < n; ++step) {
    int64_t i = forward ? step : n - 1 - step;
    T *xi = x + i * k;
    for (int64_t j = forward ? 0 : i + 1; j < (forward ? i : n); ++j) {
      T factor = a[i * row + j * column];
      const T *xj = x + j * k;
      for (int64_t c = 0; c < k; ++c)
        xi[c] -= factor * xj[c];
    }
    if (!unit)
      for (int64_t c = 0; c < k; ++c)
        xi[c] /= a[i * n + i];
  }
}

/// a, b -> x; integers: count, n, columns of b, lower, transposed, unit diagonal.
template <class T> void triangularSolve(void *const *buffers, const int64_t *integers) {
  int64_t count = integers[0], n = integers[1], k = integers[2];
  for (int64_t c = 0; c < count; ++c) {
    T *x = static_cast<T *>(buffers[2]) + c * n * k;
    memcpy(x, static_cast<const T *>(buffers[1]) + c * n * k, static_cast<size_t>(n * k) * sizeof(T));
    substitute(static_cast<const T *>(buffers[0]) + c * n * n, x, n, k, integers[3] != 0, integers[4] != 0,
               integers[5] != 0);
  }
}

template <class T> void swapRows(T *a, int64_t columns, int64_t i, int64_t j) {
  for (int64_t c = 0; i != j && c < columns; ++c) {
    T kept = a[i * columns + c];
    a[i * columns + c] = a[j * columns + c];
    a[j * columns + c] = kept;
  }
}

/// a -> lu, i64 pivots: p a = l u with a unit lower l; pivots[i] is the row that was swapped with row i; integers:
/// count, n.
template <class T> void lu(void *const *buffers, const int64_t *integers) {
  int64_t count = integers[0], n = integers[1];
  memcpy(buffers[1], buffers[0], static_cast<size_t>(count * n * n) * sizeof(T));
  for (int64_t c = 0; c < count; ++c) {
    T *a = static_cast<T *>(buffers[1]) + c * n * n;
    int64_t *pivots = static_cast<int64_t *>(buffers[2]) + c * n;
    for (int64_t i = 0; i < n; ++i) {
      int64_t pivot = i;
      for (int64_t j = i + 1; j < n; ++j)
        if (absolute(a[j * n + i]) > absolute(a[pivot * n + i]))
          pivot = j;
      pivots[i] = pivot;
      swapRows(a, n, i, pivot);
      if (a[i * n + i] == 0)
        continue; // nothing to eliminate
      for (int64_t j = i + 1; j < n; ++j) {
        T factor = a[j * n + i] /= a[i * n + i];
        for (int64_t k = i + 1; k < n; ++k)
          a[j * n + k] -= factor * a[i * n + k];
      }
    }
  }
}

/// lu, pivots, b -> x; integers: count, n, columns of b, transposed.
template <class T> void luSolve(void *const *buffers, const int64_t *integers) {
  int64_t count = integers[0], n = integers[1], k = integers[2];
  for (int64_t c = 0; c < count; ++c) {
    const T *lu = static_cast<const T *>(buffers[0]) + c * n * n;
    const int64_t *pivots = static_cast<const int64_t *>(buffers[1]) + c * n;
    T *x = static_cast<T *>(buffers[3]) + c * n * k;
    memcpy(x, static_cast<const T *>(buffers[2]) + c * n * k, static_cast<size_t>(n * k) * sizeof(T));
    if (integers[3]) {
      substitute(lu, x, n, k, 0, 1, 0);
      substitute(lu, x, n, k, 1, 1, 1);
      for (int64_t i = n - 1; i >= 0; --i)
        swapRows(x, k, i, pivots[i]);
    } else {
      for (int64_t i = 0; i < n; ++i)
        swapRows(x, k, i, pivots[i]);
      substitute(lu, x, n, k, 1, 0, 1);
      substitute(lu, x, n, k, 0, 0, 0);
    }
  }
}

/// lu, pivots -> determinant; integers: count, n.
template <class T> void luDet(void *const *buffers, const int64_t *integers) {
  int64_t count = integers[0], n = integers[1];
  for (int64_t c = 0; c < count; ++c) {
    T product = 1;
    for (int64_t i = 0; i < n; ++i) {
      product *= (static_cast<const T *>(buffers[0]))[c * n * n + i * n + i];
      if ((static_cast<const int64_t *>(buffers[1]))[c * n + i] != i)
        product = -product;
    }
    (static_cast<T *>(buffers[2]))[c] = product;
  }
}

/// lu, pivots -> cofactors, of singular matrices too; integers: count, n.
///
/// a = P.T l u gives ±P.T inv(l).T c with c the cofactors of u. Those of the leading k + 1 rows and columns of u come
/// from those of k, without a division: times the new diagonal element, and a new row, which is -c.T of the new column
/// and the determinant of k.
template <class T> void luCofactors(void *const *buffers, const int64_t *integers) {
  int64_t count = integers[0], n = integers[1];
  for (int64_t s = 0; s < count; ++s) {
    const T *lu = static_cast<const T *>(buffers[0]) + s * n * n;
    const int64_t *pivots = static_cast<const int64_t *>(buffers[1]) + s * n;
    T *c = static_cast<T *>(buffers[2]) + s * n * n, determinant = 1;
    for (int64_t k = 0; k < n; ++k) {
      T diagonal = lu[k * n + k], *row = c + k * n;
      for (int64_t j = 0; j < n; ++j)
        row[j] = 0;
      row[k] = determinant;
      for (int64_t i = 0; i < k; ++i)
        for (int64_t j = 0; j <= i; ++j) {
          row[j] -= c[i * n + j] * lu[i * n + k];
          c[i * n + j] *= diagonal;
        }
      determinant *= diagonal;
    }
    substitute(lu, c, n, n, 1, 1, 1);
    bool odd = false;
    for (int64_t i = n - 1; i >= 0; --i) {
      swapRows(c, n, i, pivots[i]);
      odd ^= pivots[i] != i;
    }
    for (int64_t j = 0; odd && j < n * n; ++j)
      c[j] = -c[j];
  }
}

template <class T> void swapColumns(T *a, int64_t n, int64_t i, int64_t j) {
  for (int64_t r = 0; i != j && r < n; ++r) {
    T kept = a[r * n + i];
    a[r * n + i] = a[r * n + j];
    a[r * n + j] = kept;
  }
}

/// Factors w in place as l d u with unit l and u, and swaps rows and columns of w and of g so that the largest element
/// of what is left comes first: what is 0 from there on stays 0 in l, d and u, whatever the rank. `swapped` says with
/// which row, and then with which column, each one was. Returns whether the number of swaps is odd.
template <class T> bool factorFully(T *w, T *g, T *swapped, int64_t n) {
  bool odd = false;
  for (int64_t i = 0; i < n; ++i) {
    int64_t row = i, column = i;
    for (int64_t r = i; r < n; ++r)
      for (int64_t c = i; c < n; ++c)
        if (absolute(w[r * n + c]) > absolute(w[row * n + column])) {
          row = r;
          column = c;
        }
    swapRows(w, n, i, row);
    swapRows(g, n, i, row);
    swapColumns(w, n, i, column);
    swapColumns(g, n, i, column);
    swapped[i] = static_cast<T>(row);
    swapped[n + i] = static_cast<T>(column);
    odd ^= (row != i) != (column != i);
    T pivot = w[i * n + i];
    if (pivot == 0)
      continue; // nothing is left
    for (int64_t r = i + 1; r < n; ++r) {
      T factor = w[r * n + i] /= pivot;
      for (int64_t c = i + 1; c < n; ++c)
        w[r * n + c] -= factor * w[i * n + c];
    }
    for (int64_t c = i + 1; c < n; ++c)
      w[i * n + c] /= pivot;
  }
  return odd;
}

/// x u = g in place of g, or x u.T = g, for a unit upper u.
template <class T> void substituteRows(const T *u, T *g, int64_t n, bool transposed) {
  for (int64_t r = 0; r < n; ++r)
    for (int64_t step = 0; step < n; ++step) {
      int64_t j = transposed ? n - 1 - step : step;
      for (int64_t k = transposed ? j + 1 : 0; k < (transposed ? n : j); ++k)
        g[r * n + j] -= g[r * n + k] * u[transposed ? j * n + k : k * n + j];
    }
}

/// g -> what the second derivative of the determinant of diag(d) makes of it: with w the product of all elements of d
/// but i and j, element (j, i) is -w g[i, j], and what w g[i, i] adds up to stands at (j, j). `behind` and `sums` have
/// room for n.
template <class T> void diagonalMinors(const T *d, T *g, T *behind, T *sums, int64_t n) {
  T product = 1;
  for (int64_t i = n - 1; i >= 0; --i) {
    behind[i] = product; // of what comes behind i
    product *= d[i * (n + 1)];
    sums[i] = 0;
  }
  T before = 1;
  for (int64_t i = 0; i < n; ++i) {
    product = before;
    for (int64_t j = i + 1; j < n; ++j) {
      T others = product * behind[j], kept = g[i * n + j];
      sums[i] += others * g[j * (n + 1)];
      sums[j] += others * g[i * (n + 1)];
      g[i * n + j] = -others * g[j * n + i];
      g[j * n + i] = -others * kept;
      product *= d[j * (n + 1)];
    }
    before *= d[i * (n + 1)];
  }
  for (int64_t i = 0; i < n; ++i)
    g[i * (n + 1)] = sums[i];
}

/// a, g -> the derivative of sum(g * cofactors(a)) by a, room [n + 4, n], of singular matrices too; integers: count, n.
///
/// det(l d u + s g + t h) is det(d + s g' + t h') with g' = inv(l) g inv(u), h' alike: nothing small is divided by.
template <class T> void secondMinors(void *const *buffers, const int64_t *integers) {
  int64_t count = integers[0], n = integers[1];
  for (int64_t s = 0; s < count; ++s) {
    T *out = static_cast<T *>(buffers[2]) + s * n * n, *w = static_cast<T *>(buffers[3]) + s * (n + 4) * n;
    T *swapped = w + n * n;
    memcpy(w, static_cast<const T *>(buffers[0]) + s * n * n, static_cast<size_t>(n * n) * sizeof(T));
    memcpy(out, static_cast<const T *>(buffers[1]) + s * n * n, static_cast<size_t>(n * n) * sizeof(T));
    bool odd = factorFully(w, out, swapped, n);
    substitute(w, out, n, n, 1, 0, 1);
    substituteRows(w, out, n, false);
    diagonalMinors(w, out, swapped + 2 * n, swapped + 3 * n, n);
    substitute(w, out, n, n, 1, 1, 1);
    substituteRows(w, out, n, true);
    for (int64_t i = n - 1; i >= 0; --i) {
      swapColumns(out, n, i, static_cast<int64_t>(swapped[n + i]));
      swapRows(out, n, i, static_cast<int64_t>(swapped[i]));
    }
    for (int64_t j = 0; odd && j < n * n; ++j)
      out[j] = -out[j];
  }
}

/// Applies the reflector of column `j` of w to the columns from `first` on of x; `sums` has room for one row.
template <class T>
void reflect(const T *w, int64_t n, int64_t j, T tau, T *x, int64_t m, int64_t columns, int64_t first, T *sums) {
  for (int64_t c = first; c < columns; ++c)
    sums[c] = x[j * columns + c];
  for (int64_t i = j + 1; i < m; ++i)
    for (int64_t c = first; c < columns; ++c)
      sums[c] += w[i * n + j] * x[i * columns + c];
  for (int64_t c = first; c < columns; ++c) {
    sums[c] *= tau;
    x[j * columns + c] -= sums[c];
  }
  for (int64_t i = j + 1; i < m; ++i)
    for (int64_t c = first; c < columns; ++c)
      x[i * columns + c] -= w[i * n + j] * sums[c];
}

/// a [m, n] -> q [m, k], r [k, n], room [m + 2, n] by Householder's reflections, with LAPACK's signs; integers: count,
/// m, n, k, which is the lesser of m and n (otherwise everything is NaN).
template <class T> void qr(void *const *buffers, const int64_t *integers) {
  int64_t count = integers[0], m = integers[1], n = integers[2], k = integers[3];
  for (int64_t c = 0; c < count; ++c) {
    T *q = static_cast<T *>(buffers[1]) + c * m * k, *r = static_cast<T *>(buffers[2]) + c * k * n;
    T *w = static_cast<T *>(buffers[3]) + c * (m + 2) * n, *taus = w + m * n, *sums = taus + n;
    if (k != (m < n ? m : n)) {
      for (int64_t i = 0; i < m * k; ++i)
        q[i] = static_cast<T>(__builtin_nan(""));
      for (int64_t i = 0; i < k * n; ++i)
        r[i] = static_cast<T>(__builtin_nan(""));
      continue;
    }
    memcpy(w, static_cast<const T *>(buffers[0]) + c * m * n, static_cast<size_t>(m * n) * sizeof(T));
    for (int64_t j = 0; j < k; ++j) {
      T largest = 0, squares = 0, alpha = w[j * n + j];
      for (int64_t i = j + 1; i < m; ++i)
        if (!(absolute(w[i * n + j]) <= largest))
          largest = absolute(w[i * n + j]);
      taus[j] = 0;
      if (largest == 0)
        continue; // nothing to eliminate
      if (absolute(alpha) > largest)
        largest = absolute(alpha);
      for (int64_t i = j; i < m; ++i)
        squares += (w[i * n + j] / largest) * (w[i * n + j] / largest);
      T beta = largest * squareRoot(squares);
      if (alpha > 0)
        beta = -beta;
      taus[j] = (beta - alpha) / beta;
      for (int64_t i = j + 1; i < m; ++i)
        w[i * n + j] /= alpha - beta;
      w[j * n + j] = beta;
      reflect(w, n, j, taus[j], w, m, n, j + 1, sums);
    }
    for (int64_t i = 0; i < k; ++i)
      for (int64_t j = 0; j < n; ++j)
        r[i * n + j] = j < i ? 0 : w[i * n + j];
    for (int64_t i = 0; i < m; ++i)
      for (int64_t j = 0; j < k; ++j)
        q[i * k + j] = i == j;
    for (int64_t j = k - 1; j >= 0; --j)
      reflect(w, n, j, taus[j], q, m, k, j, sums);
  }
}

} // namespace

SYMC_KERNEL_OF_FLOATS(cholesky, cholesky)
SYMC_KERNEL_OF_FLOATS(triangular_solve, triangularSolve)
SYMC_KERNEL_OF_FLOATS(lu, lu)
SYMC_KERNEL_OF_FLOATS(lu_solve, luSolve)
SYMC_KERNEL_OF_FLOATS(lu_det, luDet)
SYMC_KERNEL_OF_FLOATS(lu_cofactors, luCofactors)
SYMC_KERNEL_OF_FLOATS(second_minors, secondMinors)
SYMC_KERNEL_OF_FLOATS(qr, qr)
