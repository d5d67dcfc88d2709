// RUN: symc-opt --sym-decompose %s | FileCheck %s
// RUN: symc-opt --sym-entry-points --sym-gradients --sym-decompose %s | FileCheck %s --check-prefix=GRAD

module @pools {
  sym.parameter @x : tensor<2x7x7x3xf32> init #sym.init<zeros>
  sym.train sgd {}
  func.func @model(%x: tensor<2x7x7x3xf32> {sym.name = "x", sym.role = #sym.role<parameter>})
      -> (tensor<f32> {sym.name = "loss", sym.role = #sym.role<loss>}) {
    // Padding never wins a maximum.
    // CHECK: %[[W:.*]] = sym.windows %{{.*}} {fill = 0xFFF0000000000000 : f64, padding = #sym.dims<1, 1, 1, 1>, sizes = array<i64: 3, 3>, strides = array<i64: 2, 2>} : (tensor<2x7x7x3xf32>) -> tensor<2x4x4x9x3xf32>
    // CHECK: sym.max %[[W]] {axis = array<i64: 3>}
    %m = sym.max_pool %x {pool_size = array<i64: 3>, strides = array<i64: 2>, padding = #sym.padding<same>} : (tensor<2x7x7x3xf32>) -> tensor<2x4x4x3xf32>
    // Nor does it count in a mean.
    // CHECK: sym.sum {{.*}} : (tensor<2x4x4x9x3xf32>) -> tensor<2x4x4x3xf32>
    // CHECK: sym.windows {{.*}} : (tensor<1x7x7x1xf32>) -> tensor<1x4x4x9x1xf32>
    // CHECK: sym.div
    %a = sym.avg_pool %x {pool_size = array<i64: 3>, strides = array<i64: 2>, padding = #sym.padding<same>} : (tensor<2x7x7x3xf32>) -> tensor<2x4x4x3xf32>
    // Without padding the number of elements is known; windows that do not overlap need no sum.
    // CHECK: sym.constant dense<4.0
    %n = sym.avg_pool %x {pool_size = array<i64: 2>} : (tensor<2x7x7x3xf32>) -> tensor<2x3x3x3xf32>
    %s = sym.sum %m : (tensor<2x4x4x3xf32>) -> tensor<f32>
    %t = sym.sum %a : (tensor<2x4x4x3xf32>) -> tensor<f32>
    %u = sym.sum %n : (tensor<2x3x3x3xf32>) -> tensor<f32>
    %v = sym.add %s, %t : tensor<f32>
    %loss = sym.add %u, %v : tensor<f32>
    return %loss : tensor<f32>
  }
}
// GRAD-LABEL: func.func @gradients
// GRAD-DAG: sym.window_spread {{.*}} sizes = array<i64: 2, 2>, strides = array<i64: 2, 2>} : (tensor<2x3x3x3xf32>) -> tensor<2x7x7x3xf32>
// GRAD-DAG: sym.window_spread {{.*}} : (tensor<2x4x4x3xf32>) -> tensor<2x7x7x4x3xf32>
// GRAD-DAG: %[[INDEX:.*]] = sym.argmax {{.*}} {axis = array<i64: 3>}
// GRAD-DAG: sym.window_spread %{{.*}}, %[[INDEX]] {{.*}} : (tensor<2x4x4x3xf32>, tensor<2x4x4x3xi64>) -> tensor<2x7x7x4x3xf32>
