// RUN: symc-opt --sym-outline %s | FileCheck %s
//
// Regions become kernels; the update of w reads the old w at the element that it writes, so it happens in place, and
// nothing is copied.

// CHECK-LABEL: func.func @train_step
// CHECK-SAME:    %[[X:[a-z0-9]+]]: memref<?x4xf32> {{{.*}}sym.name = "x"
// CHECK-SAME:    %[[W:[a-z0-9]+]]: memref<4xf32> {{{.*}}sym.name = "w"
// CHECK-SAME:    %[[S:[a-z0-9]+]]: memref<4xf32> {{{.*}}sym.name = "s"
// CHECK-SAME:    %[[LOSS:[a-z0-9]+]]: memref<f32> {{{.*}}sym.result
// CHECK:         %[[G:.*]] = kernel.alloc <4> : memref<4xf32>
// CHECK-NEXT:    call @k0(%[[X]], %[[G]])
// CHECK-NEXT:    call @k1(%[[G]], %[[LOSS]])
// CHECK-NEXT:    call @k2(%[[G]], %[[W]], %[[S]], %[[W]], %[[S]])
// CHECK-NEXT:    return
//
// CHECK-LABEL: func.func private @k0
// CHECK-SAME:    attributes {sym.fusion_kind = #sym.fusion_kind<reduction>, sym.kernel
// CHECK:         kernel.read
// CHECK-NEXT:    sym.sum
// CHECK-NEXT:    kernel.write

module @m attributes {sym.dim_bounds = [#sym.dim_bound<"batch", min = 1, max = 4096, multipleOf = 1>]} {
  sym.parameter @w : tensor<4xf32> init <zeros>
  sym.state @s : tensor<4xf32> init <zeros>
  func.func @train_step(%x: tensor<?x4xf32, #sym.dims<batch, 4>> {sym.name = "x", sym.role = #sym.role<input>},
     %w: tensor<4xf32> {sym.name = "w", sym.role = #sym.role<parameter>}, %s: tensor<4xf32> {sym.name = "s", sym.role = #sym.role<state>})
     -> (tensor<f32> {sym.name = "loss", sym.role = #sym.role<loss>}, tensor<4xf32> {sym.name = "w", sym.role = #sym.role<update>}, tensor<4xf32> {sym.name = "s", sym.role = #sym.role<update>}) {
    %g = sym.fused "reduction" (%a = %x : tensor<?x4xf32, #sym.dims<batch, 4>>) -> tensor<4xf32> {
      %0 = sym.sum %a {axis = array<i64: 0>} : (tensor<?x4xf32, #sym.dims<batch, 4>>) -> tensor<4xf32>
      sym.yield %0 : tensor<4xf32>
    }
    %l = sym.fused "reduction" (%a = %g : tensor<4xf32>) -> tensor<f32> {
      %0 = sym.sum %a : (tensor<4xf32>) -> tensor<f32>
      sym.yield %0 : tensor<f32>
    }
    %n:2 = sym.fused "elementwise" (%a = %g : tensor<4xf32>, %b = %w : tensor<4xf32>, %c = %s : tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
      %0 = sym.add %c, %a : tensor<4xf32>
      %1 = sym.sub %b, %0 : tensor<4xf32>
      sym.yield %1, %0 : tensor<4xf32>, tensor<4xf32>
    }
    return %l, %n#0, %n#1 : tensor<f32>, tensor<4xf32>, tensor<4xf32>
  }
}
