//===- LinearAlgebra.td - Factorisations and solvers -------*- tablegen -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYM_LINEAR_ALGEBRA
#define SYM_LINEAR_ALGEBRA

include "dialects/sym/SymBase.td"

//===----------------------------------------------------------------------===//
// Diagonals, each the derivative of the other
//===----------------------------------------------------------------------===//

class Sym_DiagonalMove<string mnemonic> : Sym_Op<mnemonic, [DeclareOpInterfaceMethods<InferTypeOpInterface>,
    DeclareOpInterfaceMethods<ElementOpInterface>, DeclareOpInterfaceMethods<DifferentiableOpInterface>]> {
  let arguments = (ins Sym_Tensor:$x, I64Attr:$first, I64Attr:$second);
  let results = (outs Sym_Tensor:$out);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}
def Sym_DiagonalOp : Sym_DiagonalMove<"diagonal"> {
  let summary = "The elements whose indices on the axes first < second are equal; the second axis goes";
}
def Sym_DiagonalEmbedOp : Sym_DiagonalMove<"diagonal_embed"> {
  let summary = "A new axis `second`, where all elements off the diagonal with `first` are 0";
}

//===----------------------------------------------------------------------===//
// Public ops
//===----------------------------------------------------------------------===//

class Sym_LinearAlgebra<string mnemonic, list<Trait> traits = []>
    : Sym_PublicOp<mnemonic, traits # [DeclareOpInterfaceMethods<DifferentiableOpInterface>]>;
class Sym_CompositeLinearAlgebra<string mnemonic, list<Trait> traits = []>
    : Sym_PublicOp<mnemonic, traits # [DeclareOpInterfaceMethods<DecomposableOpInterface>]>;

def Sym_CholeskyOp : Sym_LinearAlgebra<"cholesky", [DeclareOpInterfaceMethods<OpaqueKernelOpInterface>]> {
  let summary = "Lower Cholesky factor of a symmetric positive definite matrix";
  let formula = "out @ out.T = a";
  let gradient = "da = s + s.T over 2, s = inv(out).T @ p @ inv(out), p = tril(out.T @ g) with half the diagonal";
  let shapes = "[…, n, n] → […, n, n]";
  let example = "T[batch, 3, 3]";
  let description = [{
    Only the lower half of a is read. Leading axes are a stack of matrices. NaN where a is not positive definite.
  }];
  let arguments = (ins Sym_FloatTensor:$a);
}
def Sym_TriangularSolveOp : Sym_LinearAlgebra<"triangular_solve", [DeclareOpInterfaceMethods<DecomposableOpInterface>]> {
  let summary = "Solution x of a @ x = b for a triangular matrix a";
  let notes = ["lower: a is lower triangular, else upper", "transpose_a: solve with the transpose of a",
               "unit_diagonal: the diagonal of a counts as 1"];
  let formula = "a @ x = b (a.T @ x = b with transpose_a)";
  let gradient = "db = triangular_solve(a.T, g), da = -db @ x.T, the half of it that is read";
  let shapes = "[…, n, n], [n] or […, n, k] → that of b, leading axes broadcast";
  let example = "T[batch, 3, 3], T[batch, 3, 2]";
  let description = [{
    The other half of a, and with unit_diagonal the diagonal, is not read. b is a vector or a stack of matrices; leading
    axes are broadcast.
  }];
  let arguments = (ins Sym_FloatTensor:$a, Sym_FloatTensor:$b, DefaultValuedAttr<Sym_Bool, "true">:$lower,
                   DefaultValuedAttr<Sym_Bool, "false">:$transpose_a,
                   DefaultValuedAttr<Sym_Bool, "false">:$unit_diagonal);
}
def Sym_SolveOp : Sym_CompositeLinearAlgebra<"solve"> {
  let summary = "Solution x of a @ x = b";
  let formula = "a @ x = b";
  let gradient = "db = solve(a.T, g), da = -db @ x.T";
  let shapes = "[…, n, n], [n] or […, n, k] → that of b, leading axes broadcast";
  let example = "T[batch, 3, 3], T[batch, 3, 2]";
  let description = [{
    By LU factors with row pivoting. b is a vector or a stack of matrices; leading axes are broadcast. NaN or infinities
    where a is singular.
  }];
  let arguments = (ins Sym_FloatTensor:$a, Sym_FloatTensor:$b);
}
def Sym_InvOp : Sym_LinearAlgebra<"inv", [DeclareOpInterfaceMethods<DecomposableOpInterface>]> {
  let summary = "Inverse of a matrix";
  let formula = "out @ a = identity";
  let gradient = "da = -out.T @ g @ out.T";
  let shapes = "[…, n, n] → […, n, n]";
  let example = "T[batch, 3, 3]";
  let arguments = (ins Sym_FloatTensor:$a);
}
def Sym_DetOp : Sym_LinearAlgebra<"det", [DeclareOpInterfaceMethods<DecomposableOpInterface>]> {
  let summary = "Determinant of a matrix";
  let formula = "det(a)";
  let gradient = "da = g * cofactors of a, which are det(a) * inv(a).T for an invertible a; "
                 "a third derivative is for those alone";
  let shapes = "[…, n, n] → […]";
  let example = "T[batch, 3, 3]";
  let description = "By LU factors with row pivoting, and so are the cofactors, of singular matrices too.";
  let arguments = (ins Sym_FloatTensor:$a);
}
def Sym_QrOp : Sym_LinearAlgebra<"qr", [DeclareOpInterfaceMethods<DecomposableOpInterface>]> {
  let summary = "Orthonormal columns q and an upper triangular r, reduced";
  let formula = "q @ r = a";
  let gradient = "da = (dq + q @ c) @ inv(r).T, c the lower half of m = r @ dr.T - dq.T @ q, mirrored";
  let shapes = "[…, m, n] → […, m, k], […, k, n] with k = min(m, n)";
  let example = "T[batch, 4, 3]";
  let description = [{
    By Householder's reflections, with LAPACK's signs. Of a [m, n] with k = min(m, n), q is [m, k] and r [k, n]; a
    symbolic m is at least n, or the call is refused. The gradient is for m >= n and columns that are independent.
  }];
  let arguments = (ins Sym_FloatTensor:$a);
  let results = (outs Sym_FloatTensor:$q, Sym_FloatTensor:$r);
}
def Sym_LstsqOp : Sym_CompositeLinearAlgebra<"lstsq"> {
  let summary = "Least squares solution of a @ x = b";
  let formula = "x of least sum((a @ x - b)**2)";
  let gradient = "that of qr and triangular_solve";
  let shapes = "[…, m, n], [m] or […, m, k] → […, n] or […, n, k]";
  let example = "T[batch, 5, 3], T[batch, 5, 2]";
  let description = [{
    By the QR factors of a, whose columns must be independent. With fewer rows than columns, the solution of least norm
    (whose rows must be independent). b is a vector or a matrix; leading axes are broadcast.
  }];
  let arguments = (ins Sym_FloatTensor:$a, Sym_FloatTensor:$b);
}
def Sym_TraceOp : Sym_CompositeLinearAlgebra<"trace"> {
  let summary = "Sum of the diagonal over the last two axes";
  let formula = "sum over i of a[…, i, i]";
  let gradient = "da = g on the diagonal";
  let shapes = "[…, m, n] → […]";
  let example = "T[batch, 3, 3]";
  let arguments = (ins Sym_NumberTensor:$a);
}

//===----------------------------------------------------------------------===//
// What the kernel library does: stacks of matrices with equal leading axes, right sides with columns.
//===----------------------------------------------------------------------===//

class Sym_MatrixKernel<string mnemonic, list<Trait> traits = []>
    : Sym_Op<mnemonic, !listconcat([DeclareOpInterfaceMethods<OpaqueKernelOpInterface>], traits)> {
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}
def Sym_TriangularSubstituteOp : Sym_MatrixKernel<"triangular_substitute"> {
  let summary = "Solution by substitution";
  let arguments = (ins Sym_FloatTensor:$a, Sym_FloatTensor:$b, BoolAttr:$lower, BoolAttr:$transpose,
                   BoolAttr:$unit_diagonal);
  let results = (outs Sym_FloatTensor:$x);
}
def Sym_LuOp : Sym_MatrixKernel<"lu"> {
  let summary = "LU factors with row pivoting: l (unit diagonal) and u in one matrix, and the row swapped with each row";
  let arguments = (ins Sym_FloatTensor:$a);
  let results = (outs Sym_FloatTensor:$lu, Sym_IntTensor:$pivots);
}
def Sym_LuSolveOp : Sym_MatrixKernel<"lu_solve"> {
  let summary = "Solution of a @ x = b, or of a.T @ x = b, by the factors of a";
  let arguments = (ins Sym_FloatTensor:$lu, Sym_IntTensor:$pivots, Sym_FloatTensor:$b, BoolAttr:$transpose);
  let results = (outs Sym_FloatTensor:$x);
}
def Sym_LuDetOp : Sym_MatrixKernel<"lu_det"> {
  let summary = "Determinant by the factors";
  let arguments = (ins Sym_FloatTensor:$lu, Sym_IntTensor:$pivots);
  let results = (outs Sym_FloatTensor:$det);
}
def Sym_LuCofactorsOp : Sym_MatrixKernel<"lu_cofactors"> {
  let summary = "Cofactors by the factors, for any rank";
  let arguments = (ins Sym_FloatTensor:$lu, Sym_IntTensor:$pivots);
  let results = (outs Sym_FloatTensor:$cofactors);
}
def Sym_SecondMinorsOp : Sym_MatrixKernel<"second_minors"> {
  let summary = "cofactors_grad by factors with full pivoting, and the factors";
  let arguments = (ins Sym_FloatTensor:$a, Sym_FloatTensor:$g);
  let results = (outs Sym_FloatTensor:$out, Sym_FloatTensor:$room);
}
def Sym_QrFactorOp : Sym_MatrixKernel<"qr_factor", [DeclareOpInterfaceMethods<SizeRequirementsOpInterface>]> {
  let summary = "QR factors, and the reflectors that they were made of";
  let arguments = (ins Sym_FloatTensor:$a);
  let results = (outs Sym_FloatTensor:$q, Sym_FloatTensor:$r, Sym_FloatTensor:$room);
}
/// The derivative of `det`, which shares its factors.
def Sym_CofactorsOp : Sym_Op<"cofactors", [DeclareOpInterfaceMethods<DecomposableOpInterface>,
                                           DeclareOpInterfaceMethods<DifferentiableOpInterface>]> {
  let summary = "For each element of a matrix the signed determinant of what its row and column leave";
  let arguments = (ins Sym_FloatTensor:$a);
  let results = (outs Sym_FloatTensor:$cofactors);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}
/// The second derivative of `det`, of singular matrices too.
def Sym_CofactorsGradOp : Sym_Op<"cofactors_grad", [AllTypesMatch<["a", "g", "out"]>,
                                                    DeclareOpInterfaceMethods<DecomposableOpInterface>,
                                                    DeclareOpInterfaceMethods<DifferentiableOpInterface>]> {
  let summary = "The derivative of sum(g * cofactors(a)) by a";
  let description = [{
    Of an invertible a, sum(g * i) * c - i @ g.T @ c with i = inv(a).T and c = cofactors(a). Linear in g and symmetric:
    sum(h * cofactors_grad(a, g)) = sum(g * cofactors_grad(a, h)).
  }];
  let arguments = (ins Sym_FloatTensor:$a, Sym_FloatTensor:$g);
  let results = (outs Sym_FloatTensor:$out);
  let assemblyFormat = "operands attr-dict `:` type($a)";
}
/// Composite and differentiable, so that a derivative of `solve` shares its factors.
def Sym_LinearSolveOp : Sym_Op<"linear_solve", [DeclareOpInterfaceMethods<DecomposableOpInterface>,
                                                DeclareOpInterfaceMethods<DifferentiableOpInterface>]> {
  let summary = "Solution of a @ x = b, or of a.T @ x = b";
  let arguments = (ins Sym_FloatTensor:$a, Sym_FloatTensor:$b, BoolAttr:$transpose);
  let results = (outs Sym_FloatTensor:$x);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}
#endif
