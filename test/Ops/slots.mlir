// RUN: symc-opt --split-input-file --verify-diagnostics %s

// A function may be called like a parameter.
sym.parameter @predict : tensor<4xf32> init <zeros>
func.func @predict() {
  return
}

// -----

sym.parameter @w : tensor<4xf32> init <zeros>
sym.state @m : tensor<4xf32> init <zeros>
// expected-error @+1 {{"w" is declared before}}
sym.state @w : tensor<4xf32> init <zeros>
