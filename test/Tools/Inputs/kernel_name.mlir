// Two functions; see verify.test.
module @m {
  func.func @model(%x: tensor<4xf32> {sym.name = "x", sym.role = #sym.role<input>})
      -> (tensor<4xf32> {sym.name = "y", sym.role = #sym.role<output>}) {
    %y = sym.exp %x : tensor<4xf32>
    return %y : tensor<4xf32>
  }
  func.func @k0.code(%x: tensor<4xf32> {sym.name = "x", sym.role = #sym.role<input>})
      -> (tensor<4xf32> {sym.name = "y", sym.role = #sym.role<output>}) {
    return %x : tensor<4xf32>
  }
}
