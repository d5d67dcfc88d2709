// RUN: not symc-opt --sym-print-gradients='of=J wrt=a' %s -o /dev/null 2>&1 | FileCheck %s

// Graph files have no word for the number of an iteration, and formulas neither.
// CHECK: numbered-loop.mlir:[[@LINE+6]]:10: error: S0906: this version of symc prints no formulas of loops that read the number of their iteration, as this 'scan' does
module @powers {
  sym.parameter @a : tensor<f32> init #sym.init<zeros>
  func.func @model(%x: tensor<4xf32> {sym.name = "x", sym.role = #sym.role<input>},
                   %a: tensor<f32> {sym.name = "a", sym.role = #sym.role<parameter>})
      -> (tensor<f32> {sym.name = "J", sym.role = #sym.role<output>}) {
    %J = sym.scan <4> carry(%a : tensor<f32>) over(%x : tensor<4xf32>) -> tensor<f32> {
    ^bb0(%i: tensor<i64>, %h: tensor<f32>, %r: tensor<f32>):
      %n = sym.cast %i {dtype = f32} : tensor<i64> -> tensor<f32>
      %p = sym.mul %r, %n : tensor<f32>
      %s = sym.add %h, %p : tensor<f32>
      sym.yield %s : tensor<f32>
    }
    return %J : tensor<f32>
  }
}
