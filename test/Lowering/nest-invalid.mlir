// RUN: symc-opt --split-input-file --verify-diagnostics %s

func.func private @places(%x: memref<4xf32>, %y: memref<4xf32>) {
  // expected-error @+1 {{has a place with 2 coefficients}}
  kernel.nest <4> [parallel] reads(%x[1, 1] : memref<4xf32>) writes(%y[1] : memref<4xf32>) {
  ^bb0(%i: index, %a: f32):
    kernel.yield %a : f32
  }
  return
}

// -----

func.func private @kinds(%x: memref<4xf32>, %y: memref<4xf32>) {
  // expected-error @+1 {{has 1 loops and the kinds of 2}}
  kernel.nest <4> [parallel, parallel] reads(%x[1] : memref<4xf32>) writes(%y[1] : memref<4xf32>) {
  ^bb0(%i: index, %a: f32):
    kernel.yield %a : f32
  }
  return
}

// -----

func.func private @elements(%x: memref<4xf64>, %y: memref<4xf32>) {
  // expected-error @+1 {{arguments or results of its body differ from its loops and elements}}
  kernel.nest <4> [parallel] reads(%x[1] : memref<4xf64>) writes(%y[1] : memref<4xf32>) {
  ^bb0(%i: index, %a: f64):
    kernel.yield %a : f64
  }
  return
}

// -----

func.func private @combiner(%x: memref<4xf32>, %y: memref<f32>) {
  // expected-error @+1 {{reduces without neutral elements and combiners}}
  kernel.nest <4> [reduction] reads(%x[1] : memref<4xf32>) writes(%y[0] : memref<f32>) {
  ^bb0(%i: index, %a: f32):
    kernel.yield %a : f32
  }
  return
}

// -----

func.func private @bound(%x: memref<4xf32>, %y: memref<4xf32>) {
  // expected-error @+1 {{has a bound of no loop that reduces}}
  kernel.nest <4> [parallel] reads(%x[1] : memref<4xf32>) writes(%y[1] : memref<4xf32>) bound <0, <[0] + 3>> {
  ^bb0(%i: index, %a: f32):
    kernel.yield %a : f32
  }
  return
}

// -----

func.func private @accumulators(%x: memref<4xf32>, %y: memref<f32>, %n: memref<i64>) {
  // expected-error @+1 {{has elements that no combiner takes}}
  kernel.nest <4> [reduction] reads(%x[1] : memref<4xf32>) writes(%y[0] : memref<f32>, %n[0] : memref<i64>) neutral [0.0 : f32, 0 : i64] {
  ^bb0(%i: index, %a: f32):
    %number = arith.index_cast %i : index to i64
    kernel.yield %a, %number : f32, i64
  } combine {
  ^bb0(%p: f32, %q: f32):
    %sum = arith.addf %p, %q : f32
    kernel.yield %sum : f32
  }
  return
}

// -----

func.func private @closed(%x: memref<4xf32>, %y: memref<f32>, %one: f32) {
  // expected-error @+1 {{has a combiner that reads more than accumulators and elements}}
  kernel.nest <4> [reduction] reads(%x[1] : memref<4xf32>) writes(%y[0] : memref<f32>) neutral [0.0 : f32] {
  ^bb0(%i: index, %a: f32):
    kernel.yield %a : f32
  } combine {
  ^bb0(%p: f32, %q: f32):
    %sum = arith.addf %p, %one : f32
    kernel.yield %sum : f32
  }
  return
}
