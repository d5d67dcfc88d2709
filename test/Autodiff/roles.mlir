// RUN: symc-opt --split-input-file --verify-diagnostics %s

// expected-error @+1 {{has sym.role = "input", which is no #sym.role}}
func.func @argument(%x: tensor<4xf32> {sym.name = "x", sym.role = "input"}) {
  return
}

// -----

// expected-error @+1 {{has sym.name = 3 : i64, which is no string}}
func.func @result(%x: tensor<4xf32>) -> (tensor<4xf32> {sym.name = 3, sym.role = #sym.role<output>}) {
  return %x : tensor<4xf32>
}

// -----

// expected-error @+2 {{failed to parse}}
// expected-error @+1 {{expected ::symc::sym::Role to be one of: input, parameter, state, step, seed, check, output}}
func.func @none(%x: tensor<4xf32> {sym.role = #sym.role<inputs>}) {
  return
}
