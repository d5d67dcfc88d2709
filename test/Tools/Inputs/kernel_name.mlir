// Two functions; see verify.test.
module @m {
  func.func @model(%x: tensor<4xf32> {sym.role = #sym.role<input>, sym.name = "x"}) -> (tensor<4xf32> {sym.role = #sym.role<output>, sym.name = "y"}) {
    %y = sym.exp %x : tensor<4xf32>
    return %y : tensor<4xf32>
  }
  func.func @k0.code(%x: tensor<4xf32> {sym.role = #sym.role<input>, sym.name = "x"}) -> (tensor<4xf32> {sym.role = #sym.role<output>, sym.name = "y"}) {
    return %x : tensor<4xf32>
  }
}
