// Tensors side by side along the last axis are written by a nest for each piece, which reads where it stands what it is made
// of: no element chooses.
// RUN: symc-opt --sym-outline --sym-nests %s | FileCheck %s --implicit-check-not=memref.load

// CHECK-LABEL: func.func private @k0
// CHECK-SAME:    sym.outer = 1 : i64
// CHECK:         kernel.nest <batch, 16> [parallel, parallel] reads(%[[X:.*]][16, 1] : memref<?x16xf32>) writes(%[[O:.*]][40, 1] : memref<?x40xf32>)
// CHECK:           math.tanh
// CHECK:         kernel.nest <batch, 24> [parallel, parallel] reads(%{{.*}}[24, 1] : memref<?x24xf32>) writes(%[[O]][40, 1] + 16 : memref<?x40xf32>)
// CHECK:           math.tanh
//
// The gradient of slices: what is placed among zeros, and a sum of such.
// CHECK-LABEL: func.func private @k1
// CHECK:         kernel.nest <batch, 16> [parallel, parallel] reads(%[[X:.*]][16, 1] : memref<?x16xf32>) writes(%[[O:.*]][56, 1] : memref<?x56xf32>)
// CHECK:           %[[ZERO:.*]] = arith.constant 0.0
// CHECK:           arith.addf %{{.*}}, %[[ZERO]]
// CHECK:         kernel.nest <batch, 16> [parallel, parallel] writes(%[[O]][56, 1] + 16 : memref<?x56xf32>)
// CHECK:         kernel.nest <batch, 24> [parallel, parallel] reads(%{{.*}}[24, 1] : memref<?x24xf32>) writes(%[[O]][56, 1] + 32 : memref<?x56xf32>)
//
// A concatenation in one.
// CHECK-LABEL: func.func private @k2
// CHECK:         kernel.nest <batch, 16> {{.*}} writes(%[[O:.*]][72, 1] : memref<?x72xf32>)
// CHECK:         kernel.nest <batch, 32> {{.*}} writes(%[[O]][72, 1] + 16 : memref<?x72xf32>)
// CHECK:         kernel.nest <batch, 24> {{.*}} writes(%[[O]][72, 1] + 48 : memref<?x72xf32>)
//
// Pieces shorter than a vector are worth no loop.
// CHECK-LABEL: func.func private @k3
// CHECK:         kernel.nest <batch, 32> [parallel, parallel] writes(%{{.*}}[32, 1] : memref<?x32xf32>)
// CHECK:           memref.load
// CHECK:           memref.load
//
// Values that are computed together are written to their parts by one nest, whatever the parts' size.
// CHECK-LABEL: func.func private @k4
// CHECK-SAME:    sym.outer = 1 : i64
// CHECK:         kernel.nest <batch, 3, 4> {{.*}} writes(%[[O:.*]][24, 4, 1] : memref<?x6x4xf32>, %[[O]][24, 4, 1] + 12 : memref<?x6x4xf32>)
// CHECK:           math.exp
// CHECK-NOT:       math.exp

module @m attributes {sym.dim_bounds = [#sym.dim_bound<"batch", min = 1, max = 4096, multipleOf = 1>]} {
  func.func @joined(%x: tensor<?x16xf32, #sym.dims<batch, 16>> {sym.name = "x", sym.role = #sym.role<input>}, %y: tensor<?x24xf32, #sym.dims<batch, 24>> {sym.name = "y", sym.role = #sym.role<input>})
      -> (tensor<?x40xf32, #sym.dims<batch, 40>> {sym.name = "o", sym.role = #sym.role<output>}) {
    %o = sym.fused "elementwise" (%xx = %x : tensor<?x16xf32, #sym.dims<batch, 16>>, %yy = %y : tensor<?x24xf32, #sym.dims<batch, 24>>) -> tensor<?x40xf32, #sym.dims<batch, 40>> {
      %0 = sym.concat %xx, %yy {axis = 1 : i64} : (tensor<?x16xf32, #sym.dims<batch, 16>>, tensor<?x24xf32, #sym.dims<batch, 24>>) -> tensor<?x40xf32, #sym.dims<batch, 40>>
      %1 = sym.tanh %0 : tensor<?x40xf32, #sym.dims<batch, 40>>
      sym.yield %1 : tensor<?x40xf32, #sym.dims<batch, 40>>
    }
    return %o : tensor<?x40xf32, #sym.dims<batch, 40>>
  }

  func.func @placed(%x: tensor<?x16xf32, #sym.dims<batch, 16>> {sym.name = "x", sym.role = #sym.role<input>}, %y: tensor<?x24xf32, #sym.dims<batch, 24>> {sym.name = "y", sym.role = #sym.role<input>})
      -> (tensor<?x56xf32, #sym.dims<batch, 56>> {sym.name = "o", sym.role = #sym.role<output>}) {
    %o = sym.fused "elementwise" (%xx = %x : tensor<?x16xf32, #sym.dims<batch, 16>>, %yy = %y : tensor<?x24xf32, #sym.dims<batch, 24>>) -> tensor<?x56xf32, #sym.dims<batch, 56>> {
      %0 = sym.place %xx {offsets = #sym.dims<0, 0>, sizes = #sym.dims<batch, 56>, steps = array<i64: 1, 1>} : (tensor<?x16xf32, #sym.dims<batch, 16>>) -> tensor<?x56xf32, #sym.dims<batch, 56>>
      %1 = sym.place %yy {offsets = #sym.dims<0, 32>, sizes = #sym.dims<batch, 56>, steps = array<i64: 1, 1>} : (tensor<?x24xf32, #sym.dims<batch, 24>>) -> tensor<?x56xf32, #sym.dims<batch, 56>>
      %2 = sym.add %0, %1 : tensor<?x56xf32, #sym.dims<batch, 56>>
      sym.yield %2 : tensor<?x56xf32, #sym.dims<batch, 56>>
    }
    return %o : tensor<?x56xf32, #sym.dims<batch, 56>>
  }

  func.func @nested(%x: tensor<?x16xf32, #sym.dims<batch, 16>> {sym.name = "x", sym.role = #sym.role<input>}, %y: tensor<?x24xf32, #sym.dims<batch, 24>> {sym.name = "y", sym.role = #sym.role<input>}, %z: tensor<?x32xf32, #sym.dims<batch, 32>> {sym.name = "z", sym.role = #sym.role<input>})
      -> (tensor<?x72xf32, #sym.dims<batch, 72>> {sym.name = "o", sym.role = #sym.role<output>}) {
    %o = sym.fused "elementwise" (%xx = %x : tensor<?x16xf32, #sym.dims<batch, 16>>, %yy = %y : tensor<?x24xf32, #sym.dims<batch, 24>>, %zz = %z : tensor<?x32xf32, #sym.dims<batch, 32>>) -> tensor<?x72xf32, #sym.dims<batch, 72>> {
      %0 = sym.concat %zz, %yy {axis = 1 : i64} : (tensor<?x32xf32, #sym.dims<batch, 32>>, tensor<?x24xf32, #sym.dims<batch, 24>>) -> tensor<?x56xf32, #sym.dims<batch, 56>>
      %1 = sym.concat %xx, %0 {axis = 1 : i64} : (tensor<?x16xf32, #sym.dims<batch, 16>>, tensor<?x56xf32, #sym.dims<batch, 56>>) -> tensor<?x72xf32, #sym.dims<batch, 72>>
      sym.yield %1 : tensor<?x72xf32, #sym.dims<batch, 72>>
    }
    return %o : tensor<?x72xf32, #sym.dims<batch, 72>>
  }

  func.func @short(%x: tensor<?x8xf32, #sym.dims<batch, 8>> {sym.name = "x", sym.role = #sym.role<input>}, %y: tensor<?x24xf32, #sym.dims<batch, 24>> {sym.name = "y", sym.role = #sym.role<input>})
      -> (tensor<?x32xf32, #sym.dims<batch, 32>> {sym.name = "o", sym.role = #sym.role<output>}) {
    %o = sym.fused "elementwise" (%xx = %x : tensor<?x8xf32, #sym.dims<batch, 8>>, %yy = %y : tensor<?x24xf32, #sym.dims<batch, 24>>) -> tensor<?x32xf32, #sym.dims<batch, 32>> {
      %0 = sym.concat %xx, %yy {axis = 1 : i64} : (tensor<?x8xf32, #sym.dims<batch, 8>>, tensor<?x24xf32, #sym.dims<batch, 24>>) -> tensor<?x32xf32, #sym.dims<batch, 32>>
      sym.yield %0 : tensor<?x32xf32, #sym.dims<batch, 32>>
    }
    return %o : tensor<?x32xf32, #sym.dims<batch, 32>>
  }

  func.func @computed(%x: tensor<?x3x4xf32, #sym.dims<batch, 3, 4>> {sym.name = "x", sym.role = #sym.role<input>})
      -> (tensor<?x6x4xf32, #sym.dims<batch, 6, 4>> {sym.name = "o", sym.role = #sym.role<output>}) {
    %o = sym.fused "elementwise" (%xx = %x : tensor<?x3x4xf32, #sym.dims<batch, 3, 4>>) -> tensor<?x6x4xf32, #sym.dims<batch, 6, 4>> {
      %0 = sym.exp %xx : tensor<?x3x4xf32, #sym.dims<batch, 3, 4>>
      %1 = sym.neg %0 : tensor<?x3x4xf32, #sym.dims<batch, 3, 4>>
      %2 = sym.concat %0, %1 {axis = 1 : i64} : (tensor<?x3x4xf32, #sym.dims<batch, 3, 4>>, tensor<?x3x4xf32, #sym.dims<batch, 3, 4>>) -> tensor<?x6x4xf32, #sym.dims<batch, 6, 4>>
      sym.yield %2 : tensor<?x6x4xf32, #sym.dims<batch, 6, 4>>
    }
    return %o : tensor<?x6x4xf32, #sym.dims<batch, 6, 4>>
  }
}
