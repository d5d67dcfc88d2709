// What is not legal at the end of a stage is an error with its name.
// RUN: symc-opt --split-input-file --verify-diagnostics --sym-verify-programs %s

// expected-error @+1 {{'llvm.func' is not legal at the top of a module of programs and kernels}}
llvm.func @code()

// -----

func.func private @k(%x: memref<4xf32> {sym.dims = #sym.dims<4>}) attributes {sym.kernel} {
  // expected-error @+1 {{'kernel.read' is not legal in a kernel}}
  %v = kernel.read %x : memref<4xf32> -> tensor<4xf32>
  // expected-error @+1 {{'sym.exp' is not legal in a kernel}}
  %e = sym.exp %v : tensor<4xf32>
  // expected-error @+1 {{'kernel.write' is not legal in a kernel}}
  kernel.write %e, %x : tensor<4xf32>, memref<4xf32>
  return
}
func.func @predict(%x: memref<4xf32>, %n: memref<i64>) {
  %0 = kernel.alloc <4> : memref<4xf32>
  // expected-error @+1 {{'memref.copy' is not legal in a program}}
  memref.copy %x, %0 : memref<4xf32> to memref<4xf32>
  // In loops too.
  %i = kernel.loop count(%n : memref<i64>) -> index {
  ^bb0(%row: index):
    // expected-error @+1 {{'arith.addi' is not legal in a program}}
    %1 = arith.addi %row, %row : index
    kernel.store_index %row, %n : memref<i64>
    kernel.next
  }
  call @k(%x) : (memref<4xf32>) -> ()
  return
}

// -----

// All of this is.
sym.parameter @w : tensor<4xf32> init <zeros>
kernel.global @c dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
func.func private @add(%x: memref<4xf32> {sym.dims = #sym.dims<4>}, %y: memref<4xf32> {sym.dims = #sym.dims<4>}) attributes {sym.kernel} {
  kernel.nest <4> [parallel] reads(%x[1] : memref<4xf32>) writes(%y[1] : memref<4xf32>) {
  ^bb0(%i: index, %a: f32):
    %s = arith.addf %a, %a : f32
    %e = math.exp %s : f32
    kernel.yield %e : f32
  }
  return
}
func.func @predict(%x: memref<4xf32>) {
  %0 = kernel.get_global @c : memref<4xf32>
  call @add(%0, %x) : (memref<4xf32>, memref<4xf32>) -> ()
  return
}
