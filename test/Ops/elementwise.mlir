// RUN: symc-opt --canonicalize --cse --split-input-file --verify-diagnostics %s | FileCheck %s

// Only what keeps every bit folds: x + 0.0 is +0.0 where x is -0.0, x - 0.0 is x.
// CHECK-LABEL: @zeros
// CHECK: sym.add
// CHECK-NOT: sym.sub
// CHECK: return
func.func @zeros(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %zero = sym.constant dense<0.0> : tensor<4xf32>
  %0 = sym.add %x, %zero : tensor<4xf32>
  %1 = sym.sub %x, %zero : tensor<4xf32>
  return %0, %1 : tensor<4xf32>, tensor<4xf32>
}

// -----

// CHECK-LABEL: @ones
// CHECK-SAME: %[[X:[^:]*]]: tensor<4xf32>
// CHECK-NEXT: return %[[X]], %[[X]], %[[X]]
func.func @ones(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %one = sym.constant dense<1.0> : tensor<4xf32>
  %0 = sym.mul %one, %x : tensor<4xf32>
  %1 = sym.div %x, %one : tensor<4xf32>
  %n = sym.neg %x : tensor<4xf32>
  %2 = sym.neg %n : tensor<4xf32>
  return %0, %1, %2 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// -----

// Powers with few factors are products; others stay: a root of -0.0 and of -inf is not the power.
// CHECK-LABEL: @powers
// CHECK-SAME: %[[X:[^:]*]]: tensor<4xf32>
// CHECK-DAG: %[[S:.*]] = sym.square %[[X]]
// CHECK-DAG: %[[C:.*]] = sym.mul %[[X]], %[[S]]
// CHECK-DAG: %[[HALF:.*]] = sym.constant dense<5.000000e-01>
// CHECK-DAG: %[[P:.*]] = sym.pow %[[X]], %[[HALF]]
// CHECK-DAG: %[[NINE:.*]] = sym.constant dense<9.000000e+00>
// CHECK-DAG: %[[Q:.*]] = sym.pow %[[X]], %[[NINE]]
// CHECK: return %[[X]], %[[S]], %[[C]], %[[P]], %[[Q]]
func.func @powers(%x: tensor<4xf32>)
    -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %1 = sym.constant dense<1.0> : tensor<4xf32>
  %2 = sym.constant dense<2.0> : tensor<4xf32>
  %3 = sym.constant dense<3.0> : tensor<4xf32>
  %half = sym.constant dense<0.5> : tensor<4xf32>
  %nine = sym.constant dense<9.0> : tensor<4xf32>
  %a = sym.pow %x, %1 : tensor<4xf32>
  %b = sym.pow %x, %2 : tensor<4xf32>
  %c = sym.pow %x, %3 : tensor<4xf32>
  %d = sym.pow %x, %half : tensor<4xf32>
  %e = sym.pow %x, %nine : tensor<4xf32>
  return %a, %b, %c, %d, %e : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// -----

// Constants of symbolic shape meet below their broadcast.
// CHECK-LABEL: @symbolic
// CHECK: %[[C:.*]] = sym.constant dense<6.000000e+00> : tensor<f32>
// CHECK: %[[B:.*]] = sym.broadcast_to %[[C]]
// CHECK: return %[[B]]
func.func @symbolic() -> tensor<?xf32, #sym.dims<batch>> {
  %2 = sym.constant dense<2.0> : tensor<f32>
  %3 = sym.constant dense<3.0> : tensor<f32>
  %a = sym.broadcast_to %2 {shape = #sym.dims<batch>} : (tensor<f32>) -> tensor<?xf32, #sym.dims<batch>>
  %b = sym.broadcast_to %3 {shape = #sym.dims<batch>} : (tensor<f32>) -> tensor<?xf32, #sym.dims<batch>>
  %c = sym.mul %a, %b : tensor<?xf32, #sym.dims<batch>>
  return %c : tensor<?xf32, #sym.dims<batch>>
}

// -----

// Both halves of a negative power divide: a product would overflow where the result does not vanish.
// CHECK-LABEL: @negativePower
// CHECK-SAME: %[[X:[^:]*]]: tensor<4xf32>
// CHECK: %[[ONE:.*]] = sym.constant dense<1.000000e+00>
// CHECK: %[[S:.*]] = sym.square %[[X]]
// CHECK: %[[D:.*]] = sym.div %[[ONE]], %[[S]]
// CHECK: %[[Q:.*]] = sym.div %[[D]], %[[X]]
// CHECK: return %[[Q]]
func.func @negativePower(%x: tensor<4xf32>) -> tensor<4xf32> {
  %n = sym.constant dense<-3.0> : tensor<4xf32>
  %0 = sym.pow %x, %n : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// No double holds the number.
// CHECK-LABEL: @largeInteger
// CHECK: sym.constant dense<9007199254740993> : tensor<1xi64>
// CHECK: sym.add
func.func @largeInteger(%x: tensor<1xi64>) -> tensor<4xi64> {
  %large = sym.constant dense<9007199254740993> : tensor<4xi64>
  %wide = sym.broadcast_to %x {shape = #sym.dims<4>} : (tensor<1xi64>) -> tensor<4xi64>
  %0 = sym.add %wide, %large : tensor<4xi64>
  return %0 : tensor<4xi64>
}

// -----

// A float between the integer and its double would round twice.
// CHECK-LABEL: @roundedOnce
// CHECK: sym.cast
func.func @roundedOnce() -> tensor<4xf32> {
  %large = sym.constant dense<9007199791611905> : tensor<4xi64>
  %0 = sym.cast %large {dtype = f32} : tensor<4xi64> -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// CHECK-LABEL: @choice
// CHECK-SAME: %[[C:[^:]*]]: tensor<4xi1>, %[[X:[^:]*]]: tensor<4xf32>, %[[Y:[^:]*]]: tensor<4xf32>
// CHECK-NEXT: %[[W:.*]] = sym.where %[[C]], %[[X]], %[[Y]] : tensor<4xi1>, tensor<4xf32>
// CHECK-NEXT: return %[[W]], %[[X]]
func.func @choice(%c: tensor<4xi1>, %x: tensor<4xf32>, %y: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %0 = sym.select %c, %x, %y : tensor<4xi1>, tensor<4xf32>
  %true = sym.constant dense<true> : tensor<4xi1>
  %1 = sym.where %true, %x, %y : tensor<4xi1>, tensor<4xf32>
  return %0, %1 : tensor<4xf32>, tensor<4xf32>
}

// -----

// CHECK-LABEL: @casts
// CHECK-SAME: %[[X:[^:]*]]: tensor<4xf32>
// CHECK: %[[C:.*]] = sym.constant dense<2.000000e+00> : tensor<4xf64>
// CHECK: return %[[X]], %[[C]]
func.func @casts(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf64>) {
  %0 = sym.cast %x {dtype = f32} : tensor<4xf32> -> tensor<4xf32>
  %two = sym.constant dense<2> : tensor<4xi32>
  %1 = sym.cast %two {dtype = f64} : tensor<4xi32> -> tensor<4xf64>
  return %0, %1 : tensor<4xf32>, tensor<4xf64>
}

// -----

// CHECK-LABEL: @negations
// CHECK-SAME: %[[X:[^:]*]]: tensor<4xf32>, %[[Y:[^:]*]]: tensor<4xf32>
// CHECK-NEXT: sym.sub %[[X]], %[[Y]]
// CHECK-NEXT: sym.add %[[X]], %[[Y]]
func.func @negations(%x: tensor<4xf32>, %y: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %n = sym.neg %y : tensor<4xf32>
  %0 = sym.add %x, %n : tensor<4xf32>
  %1 = sym.sub %x, %n : tensor<4xf32>
  return %0, %1 : tensor<4xf32>, tensor<4xf32>
}

// -----

func.func @clip(%x: tensor<4xi32>) -> tensor<4xi32> {
  // expected-error @+1 {{S0314: min is 0.5, which i32 cannot represent}}
  %0 = sym.clip %x {min = 0.5 : f64} : tensor<4xi32> -> tensor<4xi32>
  return %0 : tensor<4xi32>
}
