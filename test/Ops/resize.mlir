// RUN: symc-opt --sym-decompose %s | FileCheck %s
// RUN: symc-opt --sym-entry-points --sym-gradients --sym-decompose %s | FileCheck %s --check-prefix=GRAD

// Each pixel of a known size takes its two pixels of the image, by constant weights.
// CHECK-LABEL: @taps
// CHECK: %[[PLACES:.*]] = sym.constant dense<{{\[\[}}0, 0], [0, 1], [0, 1], [1, 1]]> : tensor<4x2xi64>
// CHECK: %[[TAPS:.*]] = sym.taps %{{.*}}, %[[PLACES]] : (tensor<?x2x15xf32, #sym.dims<n, 2, 15>>, tensor<4x2xi64>)
// CHECK: sym.constant dense<{{.*}}5.000000e-01{{.*}}7.500000e-01{{.*}}> : tensor<1x4x2x1xf32>
// CHECK: sym.mul %[[TAPS]]
// CHECK: sym.sum %{{.*}} {axis = array<i64: 2>}
func.func @taps(%x: tensor<?x2x5x3xf32, #sym.dims<n, 2, 5, 3>>) -> tensor<?x4x5x3xf32, #sym.dims<n, 4, 5, 3>> {
  %0 = sym.resize %x {size = array<i64: 4, 5>} : (tensor<?x2x5x3xf32, #sym.dims<n, 2, 5, 3>>) -> tensor<?x4x5x3xf32, #sym.dims<n, 4, 5, 3>>
  return %0 : tensor<?x4x5x3xf32, #sym.dims<n, 4, 5, 3>>
}

// The nearest pixel needs no weight.
// CHECK-LABEL: @nearest
// CHECK: %[[TAPS:.*]] = sym.taps
// CHECK-NOT: sym.mul
// CHECK: return
func.func @nearest(%x: tensor<2x7x3xf64>) -> tensor<2x3x3xf64> {
  %0 = sym.resize %x {size = array<i64: 3>, method = #sym.resize_method<nearest>, coordinates = #sym.resize_coordinates<asymmetric>}
      : (tensor<2x7x3xf64>) -> tensor<2x3x3xf64>
  return %0 : tensor<2x3x3xf64>
}

// Of a symbolic size the weights are a matrix.
// CHECK-LABEL: @matrix
// CHECK: sym.iota
// CHECK: sym.matmul
func.func @matrix(%x: tensor<2x?x3xf32, #sym.dims<2, t, 3>>) -> tensor<2x4x3xf32> {
  %0 = sym.resize %x {size = array<i64: 4>, method = #sym.resize_method<bicubic>} : (tensor<2x?x3xf32, #sym.dims<2, t, 3>>) -> tensor<2x4x3xf32>
  return %0 : tensor<2x4x3xf32>
}

// GRAD-LABEL: func.func @gradients
// GRAD: sym.taps {{.*}} : (tensor<1x6x2xf32>, tensor<3x4xi64>) -> tensor<1x3x4x2xf32>
sym.parameter @x : tensor<1x3x2xf32> init #sym.init<zeros>
sym.train sgd {}
func.func @model(%x: tensor<1x3x2xf32> {sym.name = "x", sym.role = #sym.role<parameter>})
    -> (tensor<f32> {sym.name = "loss", sym.role = #sym.role<loss>}) {
  %0 = sym.resize %x {size = array<i64: 6>} : (tensor<1x3x2xf32>) -> tensor<1x6x2xf32>
  %1 = sym.tanh %0 : tensor<1x6x2xf32>
  %loss = sym.sum %1 : (tensor<1x6x2xf32>) -> tensor<f32>
  return %loss : tensor<f32>
}
