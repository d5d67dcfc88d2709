// Ops that draw from different streams stay two ops; those of one stream draw the same numbers and may become one.
// RUN: symc-opt --cse %s | FileCheck %s
// RUN: symc-opt --sym-decompose --cse %s | FileCheck %s --check-prefix=PARTS

// CHECK-LABEL: @different
// CHECK: sym.dropout %{{.*}} {rate = 2.500000e-01 : f64, stream = #sym.stream<"a">}
// CHECK: sym.dropout %{{.*}} {rate = 2.500000e-01 : f64, stream = #sym.stream<"b">}
// PARTS-LABEL: @different
// PARTS: sym.random uniform {{.*}} stream = 3904355907 : i64}
// PARTS: sym.random uniform {{.*}} stream = 1908338681 : i64}
func.func @different(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %0 = sym.dropout %x {rate = 0.25 : f64, stream = #sym.stream<"a">} : (tensor<4xf32>) -> tensor<4xf32>
  %1 = sym.dropout %x {rate = 0.25 : f64, stream = #sym.stream<"b">} : (tensor<4xf32>) -> tensor<4xf32>
  return %0, %1 : tensor<4xf32>, tensor<4xf32>
}

// CHECK-LABEL: @same
// CHECK: %[[A:.*]] = sym.random_bernoulli {p = 2.500000e-01 : f64, shape = #sym.dims<4>, stream = #sym.stream<"a">}
// CHECK-NEXT: return %[[A]], %[[A]]
// PARTS-LABEL: @same
// PARTS: sym.random uniform {{.*}} stream = 3904355907 : i64}
// PARTS-NOT: sym.random
func.func @same() -> (tensor<4xi1>, tensor<4xi1>) {
  %0 = sym.random_bernoulli {p = 0.25 : f64, shape = #sym.dims<4>, stream = #sym.stream<"a">} : () -> tensor<4xi1> loc("one")
  %1 = sym.random_bernoulli {p = 0.25 : f64, shape = #sym.dims<4>, stream = #sym.stream<"a">} : () -> tensor<4xi1> loc("other")
  return %0, %1 : tensor<4xi1>, tensor<4xi1>
}
