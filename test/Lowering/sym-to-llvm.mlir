// RUN: symc-opt --sym-lower-to-linalg --sym-vectorize=cpu=x86-64-v4 --sym-bodies --sym-to-llvm %s | symc-opt \
// RUN:   | FileCheck %s --implicit-check-not="{{ (arith|cf|func|kernel|math|scf|vector)[.]}}"
//
// Nothing but the LLVM dialect is left. Elementary functions are calls of lib/Lowering/CPU/VectorMath, with as many lanes
// as that has in one register: 16 of f32, 8 of f64.

// CHECK-DAG:   llvm.func @symc_v16_expf(vector<16xf32>) -> vector<16xf32>
// CHECK-DAG:   llvm.func @symc_v16_powf(vector<16xf32>, vector<16xf32>) -> vector<16xf32>
// CHECK-DAG:   llvm.func @symc_v8_log(vector<8xf64>) -> vector<8xf64>
// CHECK-DAG:   llvm.func @symc_v4_sinf(vector<4xf32>) -> vector<4xf32>
//
// CHECK-LABEL: llvm.func internal @k0(
// CHECK:         llvm.cond_br
// CHECK:         %[[X:.*]] = llvm.intr.masked.load {{.*}} -> vector<16xf32>
// CHECK-NEXT:    %[[E:.*]] = llvm.call @symc_v16_expf(%[[X]])
// CHECK-NEXT:    %[[P:.*]] = llvm.call @symc_v16_powf(%[[E]], %[[X]])
// CHECK-NEXT:    llvm.intr.masked.store %[[P]],
//
// Where f64 stands beside f32 it has as many lanes, in two registers: a call each. `round` is the machine's instruction.
// CHECK-LABEL: llvm.func internal @k1(
// CHECK:         %[[X:.*]] = llvm.intr.masked.load {{.*}} -> vector<16xf64>
// CHECK-NEXT:    %[[LOW:.*]] = llvm.shufflevector %[[X]], %[[X]] [0, 1, 2, 3, 4, 5, 6, 7]
// CHECK-NEXT:    %[[LOGLOW:.*]] = llvm.call @symc_v8_log(%[[LOW]])
// CHECK-NEXT:    %[[HIGH:.*]] = llvm.shufflevector %[[X]], %[[X]] [8, 9, 10, 11, 12, 13, 14, 15]
// CHECK-NEXT:    %[[LOGHIGH:.*]] = llvm.call @symc_v8_log(%[[HIGH]])
// CHECK-NEXT:    %[[LOG:.*]] = llvm.shufflevector %[[LOGLOW]], %[[LOGHIGH]] [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]
// CHECK-NEXT:    %[[F32:.*]] = llvm.fptrunc %[[LOG]] : vector<16xf64> to vector<16xf32>
// CHECK-NEXT:    %[[ROUNDED:.*]] = llvm.intr.rint(%[[F32]])
// CHECK-NEXT:    llvm.intr.masked.store %[[ROUNDED]],
//
// One number is computed in all lanes of the smallest register, by the same code: it has the bits that it has in a vector.
// CHECK-LABEL: llvm.func internal @k2(
// CHECK:         %[[LANES:.*]] = llvm.shufflevector %{{.*}}, %{{.*}} [0, 0, 0, 0] : vector<4xf32>
// CHECK-NEXT:    %[[SIN:.*]] = llvm.call @symc_v4_sinf(%[[LANES]])
// CHECK:         %[[ONE:.*]] = llvm.extractelement %[[SIN]]
// CHECK-NEXT:    %[[ROOT:.*]] = llvm.intr.sqrt(%[[ONE]]) : (f32) -> f32
// CHECK-NEXT:    llvm.store %[[ROOT]],
//
// CHECK-LABEL: llvm.func @body_mixed(
// CHECK:         llvm.call @symc_rt_parallel(

module @m attributes {sym.dim_bounds = [#sym.dim_bound<"batch", min = 1, max = 4096, multipleOf = 1>]} {
  func.func @single(%x: tensor<?xf32, #sym.dims<batch>> {sym.name = "x", sym.role = #sym.role<input>})
      -> (tensor<?xf32, #sym.dims<batch>> {sym.name = "y", sym.role = #sym.role<output>}) {
    %y = sym.fused "elementwise" (%a = %x : tensor<?xf32, #sym.dims<batch>>) -> tensor<?xf32, #sym.dims<batch>> {
      %0 = sym.exp %a : tensor<?xf32, #sym.dims<batch>>
      %1 = sym.pow %0, %a : tensor<?xf32, #sym.dims<batch>>
      sym.yield %1 : tensor<?xf32, #sym.dims<batch>>
    }
    return %y : tensor<?xf32, #sym.dims<batch>>
  }

  func.func @mixed(%x: tensor<?xf64, #sym.dims<batch>> {sym.name = "x", sym.role = #sym.role<input>})
      -> (tensor<?xf32, #sym.dims<batch>> {sym.name = "y", sym.role = #sym.role<output>}) {
    %y = sym.fused "elementwise" (%a = %x : tensor<?xf64, #sym.dims<batch>>) -> tensor<?xf32, #sym.dims<batch>> {
      %0 = sym.log %a : tensor<?xf64, #sym.dims<batch>>
      %1 = sym.cast %0 {dtype = f32} : tensor<?xf64, #sym.dims<batch>> -> tensor<?xf32, #sym.dims<batch>>
      %2 = sym.round %1 : tensor<?xf32, #sym.dims<batch>>
      sym.yield %2 : tensor<?xf32, #sym.dims<batch>>
    }
    return %y : tensor<?xf32, #sym.dims<batch>>
  }

  func.func @one(%x: tensor<f32> {sym.name = "x", sym.role = #sym.role<input>})
      -> (tensor<f32> {sym.name = "y", sym.role = #sym.role<output>}) {
    %y = sym.fused "elementwise" (%a = %x : tensor<f32>) -> tensor<f32> {
      %0 = sym.sin %a : tensor<f32>
      %1 = sym.sqrt %0 : tensor<f32>
      sym.yield %1 : tensor<f32>
    }
    return %y : tensor<f32>
  }
}
