// RUN: symc-opt --sym-decompose %s | FileCheck %s

!image = tensor<?x12x12x1xf32, #sym.dims<batch, 12, 12, 1>>

// CHECK-LABEL: @dense
// CHECK-NEXT: sym.matmul
// CHECK-NEXT: sym.broadcast_to %{{.*}} {shape = #sym.dims<batch, 3>}
// CHECK-NEXT: sym.add
// CHECK-NEXT: sym.relu
func.func @dense(%x: tensor<?x4xf32, #sym.dims<batch, 4>>, %k: tensor<4x3xf32>, %b: tensor<3xf32>)
    -> tensor<?x3xf32, #sym.dims<batch, 3>> {
  %0 = sym.dense %x, %k, %b {activation = "relu", units = 3 : i64}
      : (tensor<?x4xf32, #sym.dims<batch, 4>>, tensor<4x3xf32>, tensor<3xf32>) -> tensor<?x3xf32, #sym.dims<batch, 3>>
  return %0 : tensor<?x3xf32, #sym.dims<batch, 3>>
}

// CHECK-LABEL: @same
// CHECK: sym.convolution {{.*}} {dilations = array<i64: 1, 1>, padding = #sym.dims<1, 2, 1, 2>, strides = array<i64: 2, 2>}
// CHECK-SAME: -> tensor<?x6x6x8xf32, #sym.dims<batch, 6, 6, 8>>
// CHECK: sym.tanh
func.func @same(%x: !image, %k: tensor<5x5x1x8xf32>, %b: tensor<8xf32>) -> tensor<?x6x6x8xf32, #sym.dims<batch, 6, 6, 8>> {
  %0 = sym.conv2d %x, %k, %b {padding = #sym.padding<same>, strides = array<i64: 2>, activation = "tanh"}
      : (!image, tensor<5x5x1x8xf32>, tensor<8xf32>) -> tensor<?x6x6x8xf32, #sym.dims<batch, 6, 6, 8>>
  return %0 : tensor<?x6x6x8xf32, #sym.dims<batch, 6, 6, 8>>
}

// The padding of a symbolic axis is an expression; windows of one element need none.
// CHECK-LABEL: @symbolic
// CHECK: sym.convolution {{.*}} padding = #sym.dims<(1 - h) floordiv 2 + (h + 1) floordiv 2,
// CHECK: sym.convolution {{.*}} padding = #sym.dims<0, 0, 0, 0>
func.func @symbolic(%x: tensor<1x?x8x1xf32, #sym.dims<1, h, 8, 1>>, %k: tensor<3x3x1x2xf32>, %p: tensor<1x1x2x2xf32>)
    -> tensor<1x?x2x2xf32, #sym.dims<1, (((h + 1) floordiv 2) + 1) floordiv 2, 2, 2>> {
  %0 = sym.conv2d %x, %k {padding = #sym.padding<same>, strides = array<i64: 2, 2>, use_bias = false}
      : (tensor<1x?x8x1xf32, #sym.dims<1, h, 8, 1>>, tensor<3x3x1x2xf32>) -> tensor<1x?x4x2xf32, #sym.dims<1, (h + 1) floordiv 2, 4, 2>>
  %1 = sym.conv2d %0, %p {padding = #sym.padding<same>, strides = array<i64: 2, 2>, use_bias = false}
      : (tensor<1x?x4x2xf32, #sym.dims<1, (h + 1) floordiv 2, 4, 2>>, tensor<1x1x2x2xf32>)
      -> tensor<1x?x2x2xf32, #sym.dims<1, (((h + 1) floordiv 2) + 1) floordiv 2, 2, 2>>
  return %1 : tensor<1x?x2x2xf32, #sym.dims<1, (((h + 1) floordiv 2) + 1) floordiv 2, 2, 2>>
}

// CHECK-LABEL: @channels_first
// CHECK: sym.transpose %{{.*}} {axes = array<i64: 0, 2, 3, 1>}
// CHECK: sym.transpose %{{.*}} {axes = array<i64: 2, 3, 1, 0>}
// CHECK: sym.convolution {{.*}} {dilations = array<i64: 1, 1>, groups = 2 : i64
// CHECK: sym.transpose %{{.*}} {axes = array<i64: 0, 3, 1, 2>}
func.func @channels_first(%x: tensor<2x4x8x8xf32>, %k: tensor<6x2x3x3xf32>) -> tensor<2x6x6x6xf32> {
  %0 = sym.conv2d %x, %k {layout = #sym.layout<NCHW>, groups = 2 : i64} : (tensor<2x4x8x8xf32>, tensor<6x2x3x3xf32>) -> tensor<2x6x6x6xf32>
  return %0 : tensor<2x6x6x6xf32>
}

// CHECK-LABEL: @depthwise
// CHECK: sym.reshape %{{.*}} {shape = #sym.dims<3, 3, 1, 8>}
// CHECK: sym.convolution {{.*}}groups = 4 : i64
func.func @depthwise(%x: tensor<2x8x8x4xf32>, %k: tensor<3x3x4x2xf32>) -> tensor<2x6x6x8xf32> {
  %0 = sym.depthwise_conv2d %x, %k : (tensor<2x8x8x4xf32>, tensor<3x3x4x2xf32>) -> tensor<2x6x6x8xf32>
  return %0 : tensor<2x6x6x8xf32>
}

// CHECK-LABEL: @transposed
// CHECK: sym.convolution_input {{.*}} padding = #sym.dims<0, 1, 0, 1>, strides = array<i64: 2, 2>
func.func @transposed(%x: tensor<2x4x4x6xf32>, %k: tensor<3x3x5x6xf32>) -> tensor<2x8x8x5xf32> {
  %0 = sym.conv_transpose2d %x, %k {padding = #sym.padding<same>, strides = array<i64: 2>} : (tensor<2x4x4x6xf32>, tensor<3x3x5x6xf32>) -> tensor<2x8x8x5xf32>
  return %0 : tensor<2x8x8x5xf32>
}

// CHECK-LABEL: @line
// CHECK: sym.convolution {{.*}} : (tensor<2x1x8x3xf32>, tensor<1x3x3x4xf32>) -> tensor<2x1x6x4xf32>
func.func @line(%x: tensor<2x8x3xf32>, %k: tensor<3x3x4xf32>) -> tensor<2x6x4xf32> {
  %0 = sym.conv1d %x, %k : (tensor<2x8x3xf32>, tensor<3x3x4xf32>) -> tensor<2x6x4xf32>
  return %0 : tensor<2x6x4xf32>
}
