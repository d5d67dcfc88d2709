// RUN: symc-opt --split-input-file --verify-diagnostics %s

func.func @cholesky(%a: tensor<3x4xf64>) {
  // expected-error @+2 {{S0301: cholesky needs a square matrix, not f64[3, 4]}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = sym.cholesky %a : (tensor<3x4xf64>) -> tensor<3x4xf64>
  return
}

// -----

func.func @solve(%a: tensor<3x3xf64>, %b: tensor<4xf64>) {
  // expected-error @+2 {{S0301: solve of f64[3, 3] and f64[4]: 3 rows and 4 on the right side}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = sym.solve %a, %b : (tensor<3x3xf64>, tensor<4xf64>) -> tensor<3xf64>
  return
}
