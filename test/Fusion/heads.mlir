// RUN: symc-opt %s --sym-fuse | FileCheck %s
//
// Parts of an axis, as heads of attention are, go into one product and come out of it without copies in between.

!x = tensor<?x4x12xf32, #sym.dims<batch, 4, 12>>
!part = tensor<?x4x6xf32, #sym.dims<batch, 4, 6>>
!heads = tensor<?x4x3x2xf32, #sym.dims<batch, 4, 3, 2>>
!turned = tensor<?x3x4x2xf32, #sym.dims<batch, 3, 4, 2>>

// A part is cut out of the split axis, so that one kernel reads it in its place and turns it.
// CHECK-LABEL: func.func @cut(
// CHECK:         %[[SPLIT:.*]] = sym.reshape %arg0 {shape = #sym.dims<batch, 4, 6, 2>}
// CHECK-NEXT:    %{{.*}} = sym.fused "elementwise" (%{{.*}} = %[[SPLIT]] :
// CHECK:           sym.crop {{.*}}offsets = #sym.dims<0, 0, 3, 0>, sizes = #sym.dims<batch, 4, 3, 2>
// CHECK-NEXT:      %{{.*}} = sym.transpose
// CHECK-NEXT:      sym.yield
// CHECK-NOT:     sym.fused
func.func @cut(%x: !x) -> !turned {
  %part = sym.crop %x {offsets = #sym.dims<0, 0, 6>, sizes = #sym.dims<batch, 4, 6>, steps = array<i64: 1, 1, 1>} : (!x) -> !part
  %heads = sym.reshape %part {shape = #sym.dims<batch, 4, 3, 2>} : (!part) -> !heads
  %turned = sym.transpose %heads {axes = array<i64: 0, 2, 1, 3>} : (!heads) -> !turned
  return %turned : !turned
}

// A part that is no whole number of pieces stays as it is.
// CHECK-LABEL: func.func @uneven(
// CHECK:         sym.crop {{.*}}offsets = #sym.dims<0, 0, 5>, sizes = #sym.dims<batch, 4, 6>
func.func @uneven(%x: !x) -> !turned {
  %part = sym.crop %x {offsets = #sym.dims<0, 0, 5>, sizes = #sym.dims<batch, 4, 6>, steps = array<i64: 1, 1, 1>} : (!x) -> !part
  %heads = sym.reshape %part {shape = #sym.dims<batch, 4, 3, 2>} : (!part) -> !heads
  %turned = sym.transpose %heads {axes = array<i64: 0, 2, 1, 3>} : (!heads) -> !turned
  return %turned : !turned
}

// Gradients of parts, which are sums of parts among zeros, are put side by side, turned back on the way.
// CHECK-LABEL: func.func @join(
// CHECK:         sym.fused "elementwise" (%{{.*}} = %arg1 : {{.*}}, %{{.*}} = %arg0 :
// CHECK:           %[[B:.*]] = sym.transpose
// CHECK:           %[[A:.*]] = sym.transpose
// CHECK:           sym.concat %[[B]], %[[A]] {axis = 2 : i64}
// CHECK-NEXT:      sym.yield
// CHECK:         sym.reshape {{.*}} {shape = #sym.dims<batch, 4, 12>}
func.func @join(%a: !turned, %b: !turned) -> !x {
  %0 = sym.transpose %a {axes = array<i64: 0, 2, 1, 3>} : (!turned) -> !heads
  %1 = sym.reshape %0 {shape = #sym.dims<batch, 4, 6>} : (!heads) -> !part
  %2 = sym.place %1 {offsets = #sym.dims<0, 0, 6>, sizes = #sym.dims<batch, 4, 12>, steps = array<i64: 1, 1, 1>} : (!part) -> !x
  %3 = sym.transpose %b {axes = array<i64: 0, 2, 1, 3>} : (!turned) -> !heads
  %4 = sym.reshape %3 {shape = #sym.dims<batch, 4, 6>} : (!heads) -> !part
  %5 = sym.place %4 {offsets = #sym.dims<0, 0, 0>, sizes = #sym.dims<batch, 4, 12>, steps = array<i64: 1, 1, 1>} : (!part) -> !x
  %6 = sym.add %2, %5 : !x
  return %6 : !x
}

// Parts that overlap are added up.
// CHECK-LABEL: func.func @overlap(
// CHECK-NOT:     sym.concat
// CHECK:         sym.add
func.func @overlap(%a: !part, %b: !part) -> !x {
  %0 = sym.place %a {offsets = #sym.dims<0, 0, 5>, sizes = #sym.dims<batch, 4, 12>, steps = array<i64: 1, 1, 1>} : (!part) -> !x
  %1 = sym.place %b {offsets = #sym.dims<0, 0, 0>, sizes = #sym.dims<batch, 4, 12>, steps = array<i64: 1, 1, 1>} : (!part) -> !x
  %2 = sym.add %0, %1 : !x
  return %2 : !x
}

// Values that one kernel computes are written side by side by that kernel: to four columns, and those beside them.
// CHECK-LABEL: func.func @computed(
// CHECK:         sym.fused "elementwise"
// CHECK:           %[[E:.*]] = sym.exp
// CHECK:           %[[N:.*]] = sym.neg %[[E]]
// CHECK:           sym.concat %[[E]], %[[N]] {axis = 1 : i64}
// CHECK-NEXT:      sym.yield
// CHECK-NOT:     sym.fused
func.func @computed(%x: tensor<3x4xf32>) -> tensor<3x8xf32> {
  %0 = sym.exp %x : tensor<3x4xf32>
  %1 = sym.neg %0 : tensor<3x4xf32>
  %2 = sym.concat %0, %1 {axis = 1 : i64} : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x8xf32>
  return %2 : tensor<3x8xf32>
}

// A sum that several kernels read is stored, also where it is read through a reshape.
// CHECK-LABEL: func.func @stream(
// CHECK-COUNT-1: sym.add
// CHECK-NOT:     sym.add
func.func @stream(%h: tensor<2x4xf32>, %x: tensor<8x3xf32>, %w: tensor<3x1xf32>) -> (tensor<2xf32>, tensor<4xf32>, tensor<2xf32>) {
  %0 = sym.matmul %x, %w : (tensor<8x3xf32>, tensor<3x1xf32>) -> tensor<8x1xf32>
  %1 = sym.reshape %0 {shape = #sym.dims<2, 4>} : (tensor<8x1xf32>) -> tensor<2x4xf32>
  %2 = sym.add %h, %1 : tensor<2x4xf32>
  %3 = sym.sum %2 {axis = array<i64: 1>} : (tensor<2x4xf32>) -> tensor<2xf32>
  %4 = sym.max %2 {axis = array<i64: 0>} : (tensor<2x4xf32>) -> tensor<4xf32>
  %5 = sym.sum %h {axis = array<i64: 1>} : (tensor<2x4xf32>) -> tensor<2xf32>
  return %3, %4, %5 : tensor<2xf32>, tensor<4xf32>, tensor<2xf32>
}
