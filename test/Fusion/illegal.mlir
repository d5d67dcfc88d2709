// RUN: symc-opt --pass-pipeline='builtin.module(func.func(sym-verify-regions))' --split-input-file --verify-diagnostics %s

func.func @spaces(%x: tensor<4xf32>, %y: tensor<2xf32>) -> (tensor<4xf32>, tensor<2xf32>) {
  %r:2 = sym.fused "elementwise" (%a = %x : tensor<4xf32>, %b = %y : tensor<2xf32>) -> (tensor<4xf32>, tensor<2xf32>) {
    %e = sym.exp %a : tensor<4xf32>
    // expected-error @+1 {{not legal in a fused region: another index space}}
    %f = sym.exp %b : tensor<2xf32>
    sym.yield %e, %f : tensor<4xf32>, tensor<2xf32>
  }
  return %r#0, %r#1 : tensor<4xf32>, tensor<2xf32>
}

// -----

func.func @hazard(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %r = sym.fused "elementwise" (%a = %x : tensor<4x4xf32>) -> tensor<4x4xf32> {
    %e = sym.exp %a : tensor<4x4xf32>
    %t = sym.transpose %e : (tensor<4x4xf32>) -> tensor<4x4xf32>
    // expected-error @+1 {{not legal in a fused region: reads a computed value at another index}}
    %f = sym.exp %t : tensor<4x4xf32>
    sym.yield %f : tensor<4x4xf32>
  }
  return %r : tensor<4x4xf32>
}

// -----

func.func @columns(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %r = sym.fused "reduction" (%a = %x : tensor<4x8xf32>) -> tensor<4x8xf32> {
    %s = sym.sum %a {axis = array<i64: 0>} : (tensor<4x8xf32>) -> tensor<8xf32>
    %b = sym.broadcast_to %s {shape = #sym.dims<4, 8>} : (tensor<8xf32>) -> tensor<4x8xf32>
    // expected-error @+1 {{not legal in a fused region: a value over the reduced axes leaves its region}}
    %f = sym.add %a, %b : tensor<4x8xf32>
    sym.yield %f : tensor<4x8xf32>
  }
  return %r : tensor<4x8xf32>
}

// -----

func.func @beside(%x: tensor<4x4xf32>) -> tensor<4x8xf32> {
  %r = sym.fused "elementwise" (%a = %x : tensor<4x4xf32>) -> tensor<4x8xf32> {
    %e = sym.exp %a : tensor<4x4xf32>
    // expected-error @+1 {{not legal in a fused region: another index space}}
    %c = sym.concat %e, %a {axis = 1 : i64} : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x8xf32>
    sym.yield %c : tensor<4x8xf32>
  }
  return %r : tensor<4x8xf32>
}
