// All of a module must have a form in the LLVM dialect.
// RUN: symc-opt --split-input-file --verify-diagnostics --sym-to-llvm %s

llvm.func @sum(%x: vector<4xf32>) -> f32 {
  %s = vector.reduction <add>, %x : vector<4xf32> into f32
  llvm.return %s : f32
}

// -----

llvm.func @shape(%x: i64) -> i64 {
  // expected-error @+1 {{failed to legalize operation 'sym.constant'}}
  %c = sym.constant dense<1.0> : tensor<f32>
  llvm.return %x : i64
}

// -----

// expected-error @+1 {{failed to legalize operation 'func.func'}}
func.func private @k()
