// RUN: symc-opt --split-input-file --verify-diagnostics %s

func.func @matmul(%a: tensor<?x3xf32, #sym.dims<batch, 3>>, %b: tensor<4x2xf32>) {
  // expected-error @+2 {{S0301: cannot multiply f32[batch, 3] by f32[4, 2]: inner sizes 3 and 4 differ}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = sym.matmul %a, %b : (tensor<?x3xf32, #sym.dims<batch, 3>>, tensor<4x2xf32>) -> tensor<?x2xf32, #sym.dims<batch, 2>>
  return
}

// -----

func.func @einsum(%a: tensor<2x3xf32>, %b: tensor<4x2xf32>) {
  // expected-error @+2 {{S0301: 'j' in the equation 'ij,jk' stands for 3 and for 4}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = sym.einsum %a, %b {equation = "ij,jk"} : (tensor<2x3xf32>, tensor<4x2xf32>) -> tensor<2x2xf32>
  return
}

// -----

func.func @units(%x: tensor<5x4xf32>, %k: tensor<4x3xf32>) {
  // expected-error @+2 {{S0315: 'units' is 7, but the kernel is f32[4, 3]}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = sym.dense %x, %k {units = 7 : i64} : (tensor<5x4xf32>, tensor<4x3xf32>) -> tensor<5x3xf32>
  return
}

// -----

func.func @window(%x: tensor<1x4x4x1xf32>, %k: tensor<5x5x1x2xf32>) {
  // expected-error @+2 {{S0301: a window of 5 does not fit into the 4 elements along an axis of the image f32[1, 4, 4, 1]}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = sym.conv2d %x, %k : (tensor<1x4x4x1xf32>, tensor<5x5x1x2xf32>) -> tensor<1x1x1x2xf32>
  return
}

// -----

func.func @channels(%x: tensor<1x4x4x3xf32>, %k: tensor<3x3x1x2xf32>) {
  // expected-error @+2 {{S0301: the kernel f32[3, 3, 1, 2] of conv2d takes 1 channels, but the input f32[1, 4, 4, 3] has 3}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = sym.conv2d %x, %k : (tensor<1x4x4x3xf32>, tensor<3x3x1x2xf32>) -> tensor<1x2x2x2xf32>
  return
}
