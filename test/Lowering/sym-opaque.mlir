// RUN: symc-opt --sym-lower-to-linalg --sym-opaque --sym-bodies %s | symc-opt | FileCheck %s
//
// A kernel that is a function of the kernel library becomes one call of it, with an array of buffers and one of
// integers.

// CHECK-DAG:   llvm.func @symc_k_cholesky_f32(!llvm.ptr, !llvm.ptr)
// CHECK-DAG:   llvm.func @symc_k_cumsum_f64(!llvm.ptr, !llvm.ptr)
//
// The operand and the result; how many matrices there are, and the rows of each, which are the symbolic dimensions.
// CHECK-LABEL: llvm.func internal @k0(
// CHECK-SAME:    %[[BUFFERS:.*]]: !llvm.ptr, %[[DIMS:.*]]: !llvm.ptr, %{{.*}}: i64, %{{.*}}: i64)
// CHECK-DAG:     %[[INTEGERS:.*]] = llvm.alloca %{{.*}} x !llvm.array<2 x i64>
// CHECK-DAG:     %[[ARRAY:.*]] = llvm.alloca %{{.*}} x !llvm.array<2 x ptr>
// CHECK:         %[[A:.*]] = llvm.load %[[BUFFERS]]
// CHECK:         %[[SECOND:.*]] = llvm.getelementptr %[[BUFFERS]][1]
// CHECK-NEXT:    %[[OUT:.*]] = llvm.load %[[SECOND]]
// CHECK:         %[[BATCH:.*]] = llvm.load %[[DIMS]]
// CHECK:         %[[SECOND:.*]] = llvm.getelementptr %[[DIMS]][1]
// CHECK-NEXT:    %[[N:.*]] = llvm.load %[[SECOND]]
// CHECK:         %[[AT:.*]] = llvm.getelementptr %[[ARRAY]][0]
// CHECK-NEXT:    llvm.store %[[A]], %[[AT]]
// CHECK:         %[[AT:.*]] = llvm.getelementptr %[[ARRAY]][1]
// CHECK-NEXT:    llvm.store %[[OUT]], %[[AT]]
// CHECK:         %[[AT:.*]] = llvm.getelementptr %[[INTEGERS]][0]
// CHECK-NEXT:    llvm.store %[[BATCH]], %[[AT]]
// CHECK:         %[[AT:.*]] = llvm.getelementptr %[[INTEGERS]][1]
// CHECK-NEXT:    llvm.store %[[N]], %[[AT]]
// CHECK-NEXT:    llvm.call @symc_k_cholesky_f32(%[[ARRAY]], %[[INTEGERS]])
// CHECK-NEXT:    llvm.return
//
// What the op is told stands behind the sizes in front of its axis, of it and behind it: `reverse`, not `exclusive`.
// CHECK-LABEL: llvm.func internal @k1(
// CHECK:         %[[INTEGERS:.*]] = llvm.alloca %{{.*}} x !llvm.array<5 x i64>
// CHECK:         %[[BATCH:.*]] = llvm.load %{{.*}} -> i64
// CHECK-NEXT:    %[[FIVE:.*]] = arith.constant 5 : i64
// CHECK-NEXT:    %[[THREE:.*]] = arith.constant 3 : i64
// CHECK-NEXT:    %[[REVERSE:.*]] = arith.constant 1 : i64
// CHECK-NEXT:    %[[EXCLUSIVE:.*]] = arith.constant 0 : i64
// CHECK:         %[[AT:.*]] = llvm.getelementptr %[[INTEGERS]][0]
// CHECK-NEXT:    llvm.store %[[BATCH]], %[[AT]]
// CHECK:         %[[AT:.*]] = llvm.getelementptr %[[INTEGERS]][1]
// CHECK-NEXT:    llvm.store %[[FIVE]], %[[AT]]
// CHECK:         %[[AT:.*]] = llvm.getelementptr %[[INTEGERS]][2]
// CHECK-NEXT:    llvm.store %[[THREE]], %[[AT]]
// CHECK:         %[[AT:.*]] = llvm.getelementptr %[[INTEGERS]][3]
// CHECK-NEXT:    llvm.store %[[REVERSE]], %[[AT]]
// CHECK:         %[[AT:.*]] = llvm.getelementptr %[[INTEGERS]][4]
// CHECK-NEXT:    llvm.store %[[EXCLUSIVE]], %[[AT]]
// CHECK-NEXT:    llvm.call @symc_k_cumsum_f64(%{{.*}}, %[[INTEGERS]])

module @m attributes {sym.dim_bounds = [#sym.dim_bound<"batch", min = 1, max = 4096, multipleOf = 1>, #sym.dim_bound<"n", min = 1, max = 100, multipleOf = 1>]} {
  func.func @factor(%x: tensor<?x?x?xf32, #sym.dims<batch, n, n>> {sym.name = "x", sym.role = #sym.role<input>})
      -> (tensor<?x?x?xf32, #sym.dims<batch, n, n>> {sym.name = "y", sym.role = #sym.role<output>}) {
    %y = sym.fused "opaque" (%a = %x : tensor<?x?x?xf32, #sym.dims<batch, n, n>>) -> tensor<?x?x?xf32, #sym.dims<batch, n, n>> {
      %s = sym.cholesky %a : (tensor<?x?x?xf32, #sym.dims<batch, n, n>>) -> tensor<?x?x?xf32, #sym.dims<batch, n, n>>
      sym.yield %s : tensor<?x?x?xf32, #sym.dims<batch, n, n>>
    }
    return %y : tensor<?x?x?xf32, #sym.dims<batch, n, n>>
  }
  func.func @sums(%x: tensor<?x5x3xf64, #sym.dims<batch, 5, 3>> {sym.name = "x", sym.role = #sym.role<input>})
      -> (tensor<?x5x3xf64, #sym.dims<batch, 5, 3>> {sym.name = "y", sym.role = #sym.role<output>}) {
    %y = sym.fused "opaque" (%a = %x : tensor<?x5x3xf64, #sym.dims<batch, 5, 3>>) -> tensor<?x5x3xf64, #sym.dims<batch, 5, 3>> {
      %s = sym.cumsum %a {axis = 1, reverse = true} : (tensor<?x5x3xf64, #sym.dims<batch, 5, 3>>) -> tensor<?x5x3xf64, #sym.dims<batch, 5, 3>>
      sym.yield %s : tensor<?x5x3xf64, #sym.dims<batch, 5, 3>>
    }
    return %y : tensor<?x5x3xf64, #sym.dims<batch, 5, 3>>
  }
}
