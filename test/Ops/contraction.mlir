// RUN: symc-opt --sym-decompose %s | FileCheck %s

!rows = tensor<?x5x4xf32, #sym.dims<batch, 5, 4>>
!out = tensor<?x5x3xf32, #sym.dims<batch, 5, 3>>
// The rows of all leading axes are one matrix.
// CHECK-LABEL: @rows
// CHECK: sym.reshape %{{.*}} {shape = #sym.dims<5*batch, 4>}
// CHECK-NEXT: sym.matmul {{.*}}, tensor<4x3xf32>) -> tensor<?x3xf32, #sym.dims<5*batch, 3>>
func.func @rows(%x: !rows, %w: tensor<4x3xf32>) -> !out {
  %0 = sym.matmul %x, %w : (!rows, tensor<4x3xf32>) -> !out
  return %0 : !out
}
// CHECK-LABEL: @stacks
// CHECK: sym.matmul {{.*}} {transpose_b = true} : (tensor<35x2x3xf32>, tensor<35x4x3xf32>) -> tensor<35x2x4xf32>
func.func @stacks(%a: tensor<7x1x2x3xf32>, %b: tensor<5x4x3xf32>) -> tensor<7x5x2x4xf32> {
  %0 = sym.matmul %a, %b {transpose_b = true} : (tensor<7x1x2x3xf32>, tensor<5x4x3xf32>) -> tensor<7x5x2x4xf32>
  return %0 : tensor<7x5x2x4xf32>
}
// CHECK-LABEL: @vector
// CHECK: sym.matmul {{.*}} : (tensor<5x1x3xf32>, tensor<5x3x4xf32>) -> tensor<5x1x4xf32>
func.func @vector(%a: tensor<3xf32>, %b: tensor<5x3x4xf32>) -> tensor<5x4xf32> {
  %0 = sym.matmul %a, %b : (tensor<3xf32>, tensor<5x3x4xf32>) -> tensor<5x4xf32>
  return %0 : tensor<5x4xf32>
}
// CHECK-LABEL: @dot
// CHECK: sym.transpose %{{.*}} {axes = array<i64: 1, 0, 2>}
// CHECK: sym.matmul {{.*}} : (tensor<2x3xf32>, tensor<3x20xf32>) -> tensor<2x20xf32>
func.func @dot(%a: tensor<2x3xf32>, %b: tensor<5x3x4xf32>) -> tensor<2x5x4xf32> {
  %0 = sym.dot %a, %b : (tensor<2x3xf32>, tensor<5x3x4xf32>) -> tensor<2x5x4xf32>
  return %0 : tensor<2x5x4xf32>
}
// CHECK-LABEL: @einsum
// CHECK: sym.matmul {{.*}} -> tensor<?x7x7xf32, #sym.dims<2*batch, 7, 7>>
func.func @einsum(%q: tensor<?x7x2x8xf32, #sym.dims<batch, 7, 2, 8>>, %k: tensor<?x7x2x8xf32, #sym.dims<batch, 7, 2, 8>>)
   -> tensor<?x2x7x7xf32, #sym.dims<batch, 2, 7, 7>> {
  %0 = sym.einsum %q, %k {equation = "bihd,bjhd->bhij"} : (tensor<?x7x2x8xf32, #sym.dims<batch, 7, 2, 8>>, tensor<?x7x2x8xf32, #sym.dims<batch, 7, 2, 8>>) -> tensor<?x2x7x7xf32, #sym.dims<batch, 2, 7, 7>>
  return %0 : tensor<?x2x7x7xf32, #sym.dims<batch, 2, 7, 7>>
}
// CHECK-LABEL: @trace
// CHECK: sym.diagonal %{{.*}} {first = 1 : i64, second = 2 : i64}
// CHECK-NEXT: sym.sum %{{.*}} {axis = array<i64: 1>}
func.func @trace(%a: tensor<4x5x5xf32>) -> tensor<4xf32> {
  %0 = sym.einsum %a {equation = "...ii"} : (tensor<4x5x5xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
// From left to right.
// CHECK-LABEL: @three
// CHECK: sym.matmul {{.*}} : (tensor<4x5xf32>, tensor<5x6xf32>) -> tensor<4x6xf32>
// CHECK: sym.matmul {{.*}} : (tensor<4x6xf32>, tensor<6x1xf32>) -> tensor<4x1xf32>
func.func @three(%a: tensor<4x5xf32>, %b: tensor<5x6xf32>, %c: tensor<6xf32>) -> tensor<4xf32> {
  %0 = sym.einsum %a, %b, %c {equation = "ij,jk,k->i"} : (tensor<4x5xf32>, tensor<5x6xf32>, tensor<6xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
