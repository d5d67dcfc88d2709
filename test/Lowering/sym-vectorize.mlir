// RUN: symc-opt --sym-lower-to-linalg --sym-vectorize=cpu=x86-64-v4 --sym-bodies %s | symc-opt | FileCheck %s
//
// Kernels become loops over vectors of a target's width.
//
// The sum of a row: forty elements are two vectors and one whose last lanes are off, a sum each; the lanes that are off add
// nothing. `begin` and `end` are rows; extent and grain say how many there are, how many a part has at least, and how
// many are still one part.
// CHECK-LABEL: llvm.func internal @k0(
// CHECK-SAME:    %{{.*}}: !llvm.ptr, %{{.*}}: !llvm.ptr, %[[BEGIN:.*]]: i64, %[[END:.*]]: i64)
// CHECK-SAME:    sym.extent = #sym.dims<batch>, {{.*}}sym.grain = #sym.dims<1, 409>, sym.kernel
// CHECK:         %[[ZERO:.*]] = arith.constant dense<0.000000e+00> : vector<16xf32>
// CHECK:         %[[EIGHT:.*]] = arith.constant dense<[{{(true, ){8}(false, ){7}false}}]> : vector<16xi1>
// CHECK:         scf.for %{{.*}} = %[[BEGIN]] to %[[END]] step
// CHECK:           llvm.load {{.*}} -> vector<16xf32>
// CHECK:           %[[A:.*]] = arith.addf %[[ZERO]], %{{.*}} : vector<16xf32>
// CHECK:           llvm.load {{.*}} -> vector<16xf32>
// CHECK:           %[[B:.*]] = arith.addf %[[ZERO]], %{{.*}} : vector<16xf32>
// CHECK:           %[[LAST:.*]] = llvm.intr.masked.load %{{.*}}, %[[EIGHT]], %[[ZERO]]
// CHECK:           %[[SUM:.*]] = arith.addf %[[ZERO]], %[[LAST]] : vector<16xf32>
// CHECK:           %[[C:.*]] = arith.select %[[EIGHT]], %[[SUM]], %[[ZERO]]
// CHECK:           %[[BC:.*]] = arith.addf %[[B]], %[[C]]
// CHECK:           arith.addf %[[A]], %[[BC]]
// CHECK:           llvm.store %{{.*}} : f32, !llvm.ptr
// CHECK-NOT:     scf.for
//
// An elementwise kernel goes through whole vectors, then once more under a mask, so that what is done to an element does
// not depend on where it stands.
// CHECK-LABEL: llvm.func internal @k1(
// CHECK-SAME:    %[[BEGIN:[^ ]*]]: i64, %[[END:[^ ]*]]: i64) attributes {sym.extent = #sym.dims<batch>, {{.*}}sym.grain = #sym.dims<256, 16384>
// CHECK-DAG:     %[[LANES:.*]] = arith.constant dense<[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]> : vector<16xi32>
// CHECK:         %[[OVER:.*]] = arith.andi
// CHECK-NEXT:    %[[REST:.*]] = arith.subi %[[END]], %[[OVER]]
// CHECK:         scf.for %{{.*}} = %[[BEGIN]] to %[[REST]] step
// CHECK-NOT:       masked
// CHECK:           arith.mulf {{.*}} : vector<16xf32>
// CHECK-NOT:       masked
// CHECK:           llvm.store {{.*}} : vector<16xf32>, !llvm.ptr
// CHECK:         scf.for %[[I:.*]] = %[[REST]] to %[[END]] step %c16
// CHECK:           %[[LEFT:.*]] = arith.subi %[[END]], %[[I]]
// CHECK:           %[[MASK:.*]] = arith.cmpi slt, %[[LANES]], %{{.*}} : vector<16xi32>
// CHECK:           %[[X:.*]] = llvm.intr.masked.load %{{.*}}, %[[MASK]],
// CHECK:           %[[Z:.*]] = llvm.intr.masked.load %{{.*}}, %[[MASK]],
// CHECK:           %[[XZ:.*]] = arith.mulf %[[X]], %[[Z]] : vector<16xf32>
// CHECK:           llvm.intr.masked.store %[[XZ]], %{{.*}}, %[[MASK]]
//
// What has one result is one part. Four accumulators take turns: the step under a mask hands them on by one.
// CHECK-LABEL: llvm.func internal @k2(
// CHECK-SAME:    sym.extent = #sym.dims<1>, {{.*}}sym.grain = #sym.dims<1, 1>
// CHECK:         %[[WHOLE:.*]]:4 = scf.for
// CHECK:         scf.for {{.*}} iter_args(%[[P:.*]] = %[[WHOLE]]#0, %[[Q:.*]] = %[[WHOLE]]#1, %[[R:.*]] = %[[WHOLE]]#2, %[[S:.*]] = %[[WHOLE]]#3)
// CHECK:           %[[MASK:.*]] = arith.cmpi slt
// CHECK:           %[[NEXT:.*]] = arith.addf %[[P]],
// CHECK:           %[[KEPT:.*]] = arith.select %[[MASK]], %[[NEXT]], %[[P]]
// CHECK:           scf.yield %[[Q]], %[[R]], %[[S]], %[[KEPT]]

module @m attributes {sym.dim_bounds = [#sym.dim_bound<"batch", min = 1, max = 4096, multipleOf = 1>]} {
  func.func @rows(%x: tensor<?x40xf32, #sym.dims<batch, 40>> {sym.name = "x", sym.role = #sym.role<input>})
      -> (tensor<?xf32, #sym.dims<batch>> {sym.name = "y", sym.role = #sym.role<output>}) {
    %y = sym.fused "reduction" (%a = %x : tensor<?x40xf32, #sym.dims<batch, 40>>) -> tensor<?xf32, #sym.dims<batch>> {
      %s = sym.sum %a {axis = array<i64: 1>} : (tensor<?x40xf32, #sym.dims<batch, 40>>) -> tensor<?xf32, #sym.dims<batch>>
      sym.yield %s : tensor<?xf32, #sym.dims<batch>>
    }
    return %y : tensor<?xf32, #sym.dims<batch>>
  }

  func.func @product(%x: tensor<?xf32, #sym.dims<batch>> {sym.name = "x", sym.role = #sym.role<input>},
                     %z: tensor<?xf32, #sym.dims<batch>> {sym.name = "z", sym.role = #sym.role<input>})
      -> (tensor<?xf32, #sym.dims<batch>> {sym.name = "y", sym.role = #sym.role<output>}) {
    %y = sym.fused "elementwise" (%a = %x : tensor<?xf32, #sym.dims<batch>>, %b = %z : tensor<?xf32, #sym.dims<batch>>) -> tensor<?xf32, #sym.dims<batch>> {
      %0 = sym.mul %a, %b : tensor<?xf32, #sym.dims<batch>>
      sym.yield %0 : tensor<?xf32, #sym.dims<batch>>
    }
    return %y : tensor<?xf32, #sym.dims<batch>>
  }
  func.func @total(%x: tensor<?xf32, #sym.dims<batch>> {sym.name = "x", sym.role = #sym.role<input>})
      -> (tensor<f32> {sym.name = "y", sym.role = #sym.role<output>}) {
    %y = sym.fused "reduction" (%a = %x : tensor<?xf32, #sym.dims<batch>>) -> tensor<f32> {
      %s = sym.sum %a : (tensor<?xf32, #sym.dims<batch>>) -> tensor<f32>
      sym.yield %s : tensor<f32>
    }
    return %y : tensor<f32>
  }
}
