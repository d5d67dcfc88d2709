// RUN: symc-opt --sym-decompose --canonicalize --cse --split-input-file --verify-diagnostics %s | FileCheck %s

// Chains of moves become one, and moves of nothing but sizes become reshapes.
// CHECK-LABEL: @chains
// CHECK-SAME: %[[X:[^:]*]]: tensor<2x3x4xf32>
// CHECK-DAG: %[[T:.*]] = sym.transpose %[[X]] {axes = array<i64: 1, 0, 2>}
// CHECK-DAG: %[[R:.*]] = sym.reshape %[[X]] {shape = #sym.dims<24>} : (tensor<2x3x4xf32>) -> tensor<24xf32>
// CHECK: return %[[T]], %[[R]], %[[X]]
func.func @chains(%x: tensor<2x3x4xf32>) -> (tensor<3x2x4xf32>, tensor<24xf32>, tensor<2x3x4xf32>) {
  %a = sym.transpose %x : (tensor<2x3x4xf32>) -> tensor<4x3x2xf32>
  %b = sym.transpose %a {axes = array<i64: 1, 2, 0>} : (tensor<4x3x2xf32>) -> tensor<3x2x4xf32>
  %c = sym.expand_dims %x {axis = array<i64: 0, -1>} : (tensor<2x3x4xf32>) -> tensor<1x2x3x4x1xf32>
  %d = sym.reshape %c {shape = #sym.dims<-1>} : (tensor<1x2x3x4x1xf32>) -> tensor<24xf32>
  %e = sym.squeeze %c : (tensor<1x2x3x4x1xf32>) -> tensor<2x3x4xf32>
  return %b, %d, %e : tensor<3x2x4xf32>, tensor<24xf32>, tensor<2x3x4xf32>
}

// -----

// CHECK-LABEL: @slices
// CHECK: sym.crop %{{.*}} {needed = array<i64: 3, 0>, offsets = #sym.dims<1, 2>, sizes = #sym.dims<batch - 3, 1>, steps = array<i64: 1, -1>}
// CHECK: sym.crop %{{.*}} {offsets = #sym.dims<batch - 1, 0>, sizes = #sym.dims<batch, 4>, steps = array<i64: -1, 1>}
func.func @slices(%x: tensor<?x4xf32, #sym.dims<batch, 4>>)
    -> (tensor<?x1xf32, #sym.dims<batch - 3, 1>>, tensor<?x4xf32, #sym.dims<batch, 4>>) {
  %0 = sym.slice %x {start = [1, 2], stop = [-2, 1], step = [1, -1]}
      : (tensor<?x4xf32, #sym.dims<batch, 4>>) -> tensor<?x1xf32, #sym.dims<batch - 3, 1>>
  %1 = sym.reverse %x {axis = array<i64: 0>} : (tensor<?x4xf32, #sym.dims<batch, 4>>) -> tensor<?x4xf32, #sym.dims<batch, 4>>
  return %0, %1 : tensor<?x1xf32, #sym.dims<batch - 3, 1>>, tensor<?x4xf32, #sym.dims<batch, 4>>
}

// -----

// A symbolic bound counts from the front, or from the end where it is never positive. What passes the other one is empty.
// CHECK-LABEL: @symbolic
// CHECK: sym.crop %{{.*}} {offsets = #sym.dims<0>, sizes = #sym.dims<n floordiv 2>, steps = array<i64: 1>}
// CHECK: sym.crop %{{.*}} {offsets = #sym.dims<n floordiv 2>, sizes = #sym.dims<n - n floordiv 2>, steps = array<i64: 1>}
// CHECK: sym.crop %{{.*}} {inside = #sym.dims<n - k>, offsets = #sym.dims<n - k>, sizes = #sym.dims<k>, steps = array<i64: 1>}
// CHECK: sym.crop %{{.*}} {inside = #sym.dims<n - k, n - k>, offsets = #sym.dims<k>, sizes = #sym.dims<max(n - 2*k, 0)>, steps = array<i64: 1>}
// CHECK: sym.crop %{{.*}} {needed = array<i64: 1>, offsets = #sym.dims<n - 1>, sizes = #sym.dims<max(1 - n, 0)>, steps = array<i64: 1>}
func.func @symbolic(%x: tensor<?xf32, #sym.dims<n>>) -> (tensor<?xf32, #sym.dims<n floordiv 2>>,
    tensor<?xf32, #sym.dims<n - n floordiv 2>>, tensor<?xf32, #sym.dims<k>>, tensor<?xf32, #sym.dims<max(n - 2*k, 0)>>,
    tensor<?xf32, #sym.dims<max(1 - n, 0)>>) {
  %0 = sym.slice %x {stop = [#sym.dims<n floordiv 2>]} : (tensor<?xf32, #sym.dims<n>>) -> tensor<?xf32, #sym.dims<n floordiv 2>>
  %1 = sym.slice %x {start = [#sym.dims<n floordiv 2>]} : (tensor<?xf32, #sym.dims<n>>) -> tensor<?xf32, #sym.dims<n - n floordiv 2>>
  %2 = sym.slice %x {start = [#sym.dims<-1*k>]} : (tensor<?xf32, #sym.dims<n>>) -> tensor<?xf32, #sym.dims<k>>
  %3 = sym.slice %x {start = [#sym.dims<k>], stop = [#sym.dims<-1*k>]}
      : (tensor<?xf32, #sym.dims<n>>) -> tensor<?xf32, #sym.dims<max(n - 2*k, 0)>>
  %4 = sym.slice %x {start = [-1], stop = [0]} : (tensor<?xf32, #sym.dims<n>>) -> tensor<?xf32, #sym.dims<max(1 - n, 0)>>
  return %0, %1, %2, %3, %4 : tensor<?xf32, #sym.dims<n floordiv 2>>, tensor<?xf32, #sym.dims<n - n floordiv 2>>,
      tensor<?xf32, #sym.dims<k>>, tensor<?xf32, #sym.dims<max(n - 2*k, 0)>>, tensor<?xf32, #sym.dims<max(1 - n, 0)>>
}

// -----

// CHECK-LABEL: @parts
// CHECK-SAME: %[[X:[^:]*]]: tensor<4x6xf32>
// CHECK: %[[A:.*]] = sym.crop %[[X]] {offsets = #sym.dims<0, 0>, sizes = #sym.dims<4, 2>
// CHECK: %[[B:.*]] = sym.crop %[[X]] {offsets = #sym.dims<0, 2>, sizes = #sym.dims<4, 4>
// CHECK: sym.concat %[[A]], %[[B]] {axis = 1 : i64} : (tensor<4x2xf32>, tensor<4x4xf32>) -> tensor<4x6xf32>
// CHECK: sym.place %[[X]] {offsets = #sym.dims<1, 0>, sizes = #sym.dims<5, 8>, steps = array<i64: 1, 1>, value = 3.000000e+00 : f64}
func.func @parts(%x: tensor<4x6xf32>) -> (tensor<4x6xf32>, tensor<5x8xf32>) {
  %a:2 = sym.split %x {sizes = array<i64: 2, 4>, axis = -1 : i64} : (tensor<4x6xf32>) -> (tensor<4x2xf32>, tensor<4x4xf32>)
  %b = sym.concat %a#0, %a#1 {axis = 1 : i64} : (tensor<4x2xf32>, tensor<4x4xf32>) -> tensor<4x6xf32>
  %c = sym.pad %x {pad_width = array<i64: 1, 0, 0, 2>, constant_values = 3.0 : f64} : (tensor<4x6xf32>) -> tensor<5x8xf32>
  return %b, %c : tensor<4x6xf32>, tensor<5x8xf32>
}

// -----

// A mirrored border is cut out backwards, without the edge itself.
// CHECK-LABEL: @reflect
// CHECK-SAME: %[[X:[^:]*]]: tensor<4xf32>
// CHECK: %[[B:.*]] = sym.crop %[[X]] {{{.*}}offsets = #sym.dims<2>, sizes = #sym.dims<2>, steps = array<i64: -1>}
// CHECK: %[[A:.*]] = sym.crop %[[X]] {{{.*}}offsets = #sym.dims<2>, sizes = #sym.dims<1>, steps = array<i64: -1>}
// CHECK: sym.concat %[[B]], %[[X]], %[[A]]
func.func @reflect(%x: tensor<4xf32>) -> tensor<7xf32> {
  %0 = sym.pad %x {pad_width = array<i64: 2, 1>, mode = #sym<pad_mode reflect>} : (tensor<4xf32>) -> tensor<7xf32>
  return %0 : tensor<7xf32>
}

// -----

// CHECK-LABEL: @repeat
// CHECK: sym.reshape %{{.*}} {shape = #sym.dims<2, 1, 3>}
// CHECK: sym.broadcast_to %{{.*}} {shape = #sym.dims<2, 5, 3>}
// CHECK: sym.reshape %{{.*}} {shape = #sym.dims<2, 15>}
// CHECK: sym.rotate %{{.*}} {axis = 1 : i64, shift = 4 : i64}
func.func @repeat(%x: tensor<2x3xf32>) -> (tensor<2x15xf32>, tensor<2x3xf32>) {
  %0 = sym.tile %x {reps = array<i64: 5>} : (tensor<2x3xf32>) -> tensor<2x15xf32>
  %1 = sym.roll %x {shift = array<i64: 4>, axis = array<i64: -1>} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0, %1 : tensor<2x15xf32>, tensor<2x3xf32>
}

// -----

func.func @bound(%x: tensor<4xf32>) -> tensor<2xf32> {
  // expected-error @+2 {{failed to infer returned types}}
  // expected-error @+1 {{S0307: stop 6 of axis 0 is out of range for f32[4]}}
  %0 = sym.slice %x {start = [2], stop = [6]} : (tensor<4xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

func.func @sizes(%x: tensor<4x6xf32>) -> tensor<5x5xf32> {
  // expected-error @+2 {{failed to infer returned types}}
  // expected-error @+1 {{S0301: cannot reshape f32[4, 6] (24 elements) to f32[5, 5]}}
  %0 = sym.reshape %x {shape = #sym.dims<5, 5>} : (tensor<4x6xf32>) -> tensor<5x5xf32>
  return %0 : tensor<5x5xf32>
}

// -----

func.func @ragged(%x: tensor<?x6xf32, #sym.dims<batch, 6>>, %y: tensor<?x5xf32, #sym.dims<batch, 5>>)
    -> tensor<?x6xf32, #sym.dims<2 * batch, 6>> {
  // expected-error @+2 {{failed to infer returned types}}
  // expected-error @+1 {{S0301: cannot join f32[batch, 6] and f32[batch, 5] along axis 0}}
  %0 = sym.concat %x, %y : (tensor<?x6xf32, #sym.dims<batch, 6>>, tensor<?x5xf32, #sym.dims<batch, 5>>)
      -> tensor<?x6xf32, #sym.dims<2 * batch, 6>>
  return %0 : tensor<?x6xf32, #sym.dims<2 * batch, 6>>
}

// -----

func.func @thirds(%x: tensor<4xf32>) -> (tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) {
  // expected-error @+2 {{failed to infer returned types}}
  // expected-error @+1 {{S0301: axis 0 of f32[4] cannot be cut into 3 equal parts}}
  %0:3 = sym.split %x {sections = 3 : i64} : (tensor<4xf32>) -> (tensor<1xf32>, tensor<1xf32>, tensor<1xf32>)
  return %0#0, %0#1, %0#2 : tensor<1xf32>, tensor<1xf32>, tensor<1xf32>
}
