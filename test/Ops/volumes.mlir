// RUN: symc-opt --sym-decompose %s | FileCheck %s
// RUN: symc-opt --sym-entry-points --sym-gradients --sym-decompose %s | FileCheck %s --check-prefix=GRAD

// The planes under each window become channels of one image.
// CHECK-LABEL: @gathered
// CHECK: %[[W:.*]] = sym.windows {{.*}} padding = #sym.dims<1, 1, 0, 0, 0, 0>, sizes = array<i64: 3, 1, 1>, strides = array<i64: 2, 1, 1>}
// CHECK-SAME: (tensor<?x7x8x6x2xf32, #sym.dims<n, 7, 8, 6, 2>>) -> tensor<?x4x8x6x3x2xf32, #sym.dims<n, 4, 8, 6, 3, 2>>
// CHECK: sym.transpose %{{.*}} {axes = array<i64: 1, 2, 0, 3, 4>}
// CHECK: sym.convolution {{.*}} padding = #sym.dims<1, 1, 1, 1>
// CHECK-SAME: (tensor<?x8x6x6xf32, #sym.dims<4*n, 8, 6, 6>>, tensor<3x3x6x5xf32>) -> tensor<?x8x6x5xf32, #sym.dims<4*n, 8, 6, 5>>
func.func @gathered(%x: tensor<?x7x8x6x2xf32, #sym.dims<n, 7, 8, 6, 2>>, %k: tensor<3x3x3x2x5xf32>)
    -> tensor<?x4x8x6x5xf32, #sym.dims<n, 4, 8, 6, 5>> {
  %0 = sym.conv3d %x, %k {padding = #sym.padding<same>, strides = array<i64: 2, 1, 1>}
      : (tensor<?x7x8x6x2xf32, #sym.dims<n, 7, 8, 6, 2>>, tensor<3x3x3x2x5xf32>) -> tensor<?x4x8x6x5xf32, #sym.dims<n, 4, 8, 6, 5>>
  return %0 : tensor<?x4x8x6x5xf32, #sym.dims<n, 4, 8, 6, 5>>
}

// Of each group for itself.
// CHECK-LABEL: @groups
// CHECK: sym.windows {{.*}} {dilations = array<i64: 2, 1, 1, 1>{{.*}} -> tensor<1x1x4x4x2x2x3xf32>
// CHECK: sym.convolution {{.*}} groups = 2 : i64{{.*}} : (tensor<1x4x4x12xf32>, tensor<2x2x6x4xf32>) -> tensor<1x3x3x4xf32>
func.func @groups(%x: tensor<1x3x4x4x6xf32>, %k: tensor<2x2x2x3x4xf32>) -> tensor<1x1x3x3x4xf32> {
  %0 = sym.conv3d %x, %k {groups = 2 : i64, dilations = array<i64: 2, 1, 1>}
      : (tensor<1x3x4x4x6xf32>, tensor<2x2x2x3x4xf32>) -> tensor<1x1x3x3x4xf32>
  return %0 : tensor<1x1x3x3x4xf32>
}

// Windows of one plane: the depth is a batch. Windows along the depth alone: a plane is a row.
// CHECK-LABEL: @factors
// CHECK-NOT: sym.windows
// CHECK: sym.convolution {{.*}} : (tensor<10x6x6x2xf32>, tensor<3x3x2x4xf32>) -> tensor<10x4x4x4xf32>
// CHECK: sym.convolution {{.*}} : (tensor<2x5x16x4xf32>, tensor<3x1x4x4xf32>) -> tensor<2x3x16x4xf32>
func.func @factors(%x: tensor<2x5x6x6x2xf32>, %plane: tensor<1x3x3x2x4xf32>, %line: tensor<3x1x1x4x4xf32>) -> tensor<2x3x4x4x4xf32> {
  %0 = sym.conv3d %x, %plane : (tensor<2x5x6x6x2xf32>, tensor<1x3x3x2x4xf32>) -> tensor<2x5x4x4x4xf32>
  %1 = sym.conv3d %0, %line : (tensor<2x5x4x4x4xf32>, tensor<3x1x1x4x4xf32>) -> tensor<2x3x4x4x4xf32>
  return %1 : tensor<2x3x4x4x4xf32>
}

// CHECK-LABEL: @pools
// CHECK: sym.windows {{.*}} : (tensor<2x9x3xf32>) -> tensor<2x3x3x3xf32>
// CHECK: sym.max {{.*}} {axis = array<i64: 2>}
// CHECK: sym.windows {{.*}} : (tensor<2x4x4x4x3xf32>) -> tensor<2x2x2x2x8x3xf32>
// CHECK: sym.sum {{.*}} {axis = array<i64: 4>}
func.func @pools(%x: tensor<2x9x3xf32>, %v: tensor<2x3x4x4x4xf32>) -> (tensor<2x3x3xf32>, tensor<2x3x2x2x2xf32>) {
  %0 = sym.max_pool %x {pool_size = array<i64: 3>} : (tensor<2x9x3xf32>) -> tensor<2x3x3xf32>
  %1 = sym.avg_pool %v {pool_size = array<i64: 2>, layout = #sym.layout<NCHW>} : (tensor<2x3x4x4x4xf32>) -> tensor<2x3x2x2x2xf32>
  return %0, %1 : tensor<2x3x3xf32>, tensor<2x3x2x2x2xf32>
}

// The derivative by the kernel gathers the planes again, when the cotangent is there.
// GRAD-LABEL: func.func @gradients
// GRAD: %[[IMAGES:.*]] = sym.convolution_input
// GRAD: %[[PLANES:.*]] = sym.reshape %[[IMAGES]] {shape = #sym.dims<2, 3, 6, 6, 2, 3>}
// GRAD: %[[SPREAD:.*]] = sym.window_spread %[[PLANES]] {{.*}} -> tensor<2x4x6x6x2x3xf32>
// GRAD: sym.sum %[[SPREAD]] {axis = array<i64: 4>}
// GRAD: %[[AFTER:.*]] = sym.after %
// GRAD: %[[W:.*]] = sym.windows %[[AFTER]]
// GRAD: sym.convolution_filter
sym.parameter @x : tensor<2x4x6x6x3xf32> init #sym.init<zeros>
sym.parameter @k : tensor<2x3x3x3x4xf32> init #sym.init<zeros>
sym.train sgd {}
func.func @model(%x: tensor<2x4x6x6x3xf32> {sym.name = "x", sym.role = #sym.role<parameter>},
                 %k: tensor<2x3x3x3x4xf32> {sym.name = "k", sym.role = #sym.role<parameter>})
    -> (tensor<f32> {sym.name = "loss", sym.role = #sym.role<loss>}) {
  %0 = sym.conv3d %x, %k {activation = "tanh"} : (tensor<2x4x6x6x3xf32>, tensor<2x3x3x3x4xf32>) -> tensor<2x3x4x4x4xf32>
  %loss = sym.sum %0 : (tensor<2x3x4x4x4xf32>) -> tensor<f32>
  return %loss : tensor<f32>
}
