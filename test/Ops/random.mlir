// RUN: symc-opt --sym-decompose --canonicalize --cse --split-input-file --verify-diagnostics %s | FileCheck %s

// The stream's number is the CRC-32 of its name, wherever the op stands: that of "drop" is 0x70150522.
// CHECK-LABEL: @dropout
// CHECK-DAG: %[[SEED:.*]] = sym.seed : tensor<i64>
// CHECK-DAG: %[[STEP:.*]] = sym.step : tensor<i64>
// CHECK: %[[U:.*]] = sym.random uniform %[[SEED]], %[[STEP]] {dtype = f32, shape = #sym.dims<batch>, stream = 1880425762 : i64}
// CHECK: sym.greater_equal %[[U]]
// CHECK: sym.where
func.func @dropout(%x: tensor<?xf32, #sym.dims<batch>>) -> tensor<?xf32, #sym.dims<batch>> {
  %0 = sym.dropout %x {rate = 0.25 : f64, stream = #sym.stream<"drop">} : (tensor<?xf32, #sym.dims<batch>>) -> tensor<?xf32, #sym.dims<batch>> loc("elsewhere")
  return %0 : tensor<?xf32, #sym.dims<batch>>
}

// -----

func.func @rate(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+2 {{failed to infer returned types}}
  // expected-error @+1 {{S0306: the rate of dropout must be 0 or more and less than 1, not 1}}
  %0 = sym.dropout %x {rate = 1.0 : f64, stream = #sym.stream<"">} : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
