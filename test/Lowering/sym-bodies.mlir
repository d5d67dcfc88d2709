// RUN: symc-opt --sym-lower-to-linalg --sym-vectorize --sym-bodies %s | symc-opt | FileCheck %s
//
// Programs become code over the frame of a call, whose fields symc_frame of lib/Support/Program.h lists with their
// offsets, and functions that give sizes.

// CHECK-LABEL: module @m
// CHECK-NOT:     sym.parameter @
//
// A loop is blocks: its header gets the number of the iteration and the addresses that go round. What is carried starts as
// the second slot, @w; the rows of x and of the result are 16 bytes each, from the last one on.
// CHECK-LABEL: llvm.func @body_loop(
// CHECK-SAME:    %[[FRAME:.*]]: !llvm.ptr) -> i32
// CHECK-DAG:     %[[AT:.*]] = llvm.getelementptr %[[FRAME]][24]
// CHECK-DAG:     %[[SLOTS:.*]] = llvm.load %[[AT]] :
// CHECK:         %[[DIMS:.*]] = llvm.load %[[FRAME]] :
// CHECK-NEXT:    %[[SECOND:.*]] = llvm.getelementptr %[[DIMS]][8]
// CHECK-NEXT:    %[[T:.*]] = llvm.load %[[SECOND]] : !llvm.ptr -> i64
// CHECK:         %[[BUFFERS:.*]] = llvm.alloca
// CHECK:         %[[SECOND:.*]] = llvm.getelementptr %[[SLOTS]][8]
// CHECK-NEXT:    %[[W:.*]] = llvm.load %[[SECOND]]
// CHECK:         llvm.br ^[[HEADER:.*]](%{{.*}}, %[[W]], %[[A:.*]], %[[B:.*]] : i64, !llvm.ptr, !llvm.ptr, !llvm.ptr)
// CHECK:       ^[[HEADER]](%[[I:.*]]: i64, %[[NOW:.*]]: !llvm.ptr, %[[NEXT:.*]]: !llvm.ptr, %[[SPARE:.*]]: !llvm.ptr):
// CHECK-NEXT:    %[[MORE:.*]] = llvm.icmp "slt" %[[I]], %[[T]]
// CHECK-NEXT:    llvm.cond_br %[[MORE]], ^[[BODY:.*]], ^[[EXIT:.*]]
// CHECK:       ^[[BODY]]:
// CHECK:         %[[LAST:.*]] = llvm.sub %[[T]], %{{.*}} : i64
// CHECK-NEXT:    %[[ROW:.*]] = llvm.sub %[[LAST]], %[[I]]
// CHECK-NEXT:    %[[BYTES:.*]] = arith.constant 16 : i64
// CHECK-NEXT:    %[[OFFSET:.*]] = llvm.mul %[[ROW]], %[[BYTES]]
// CHECK-NEXT:    %[[X:.*]] = llvm.getelementptr %{{.*}}[%[[OFFSET]]]
// CHECK:         llvm.store %[[NOW]], %[[BUFFERS]]
// CHECK-NEXT:    %[[AT:.*]] = llvm.getelementptr %[[BUFFERS]][8]
// CHECK-NEXT:    llvm.store %[[X]], %[[AT]]
// CHECK-NEXT:    %[[AT:.*]] = llvm.getelementptr %[[BUFFERS]][16]
// CHECK-NEXT:    llvm.store %[[NEXT]], %[[AT]]
// CHECK:         llvm.call @[[ADD:.*]](%[[BUFFERS]], %[[DIMS]],
// CHECK:         %[[J:.*]] = llvm.add %[[I]],
// CHECK-NEXT:    llvm.br ^[[HEADER]](%[[J]], %[[NEXT]], %[[SPARE]], %[[NEXT]] :
// CHECK:       ^[[EXIT]]:
// CHECK-NEXT:    llvm.store %[[NOW]], %[[BUFFERS]]
// CHECK:         %[[OK:.*]] = llvm.mlir.constant(0 : i32)
// CHECK-NEXT:    llvm.return %[[OK]]
//
// The bytes of the two buffers of the arena, and the shapes of the results: 4, then t by 4.
// CHECK-LABEL: llvm.func @sizes_loop(
// CHECK-SAME:    %[[DIMS:.*]]: !llvm.ptr, %[[BYTES:.*]]: !llvm.ptr, %[[SHAPES:.*]]: !llvm.ptr, %{{.*}}: !llvm.ptr) -> i32
// CHECK:         %[[SECOND:.*]] = llvm.getelementptr %[[DIMS]][8]
// CHECK-NEXT:    %[[T:.*]] = llvm.load %[[SECOND]]
// CHECK:         %[[C16:.*]] = arith.constant 16 : i64
// CHECK-NEXT:    llvm.store %[[C16]], %[[BYTES]]
// CHECK:         llvm.getelementptr %[[BYTES]][8]
// CHECK:         %[[C4:.*]] = arith.constant 4 : i64
// CHECK-NEXT:    llvm.store %[[C4]], %[[SHAPES]]
// CHECK-NEXT:    %[[AT:.*]] = llvm.getelementptr %[[SHAPES]][8]
// CHECK-NEXT:    llvm.store %[[T]], %[[AT]]
//
// A branch reads a byte; addresses are known in front of it, so that both sides have them.
// CHECK-LABEL: llvm.func @body_branch(
// CHECK:         %[[P:.*]] = llvm.load %{{.*}} : !llvm.ptr -> i8
// CHECK:         %[[FLAG:.*]] = llvm.icmp "ne" %[[P]],
// CHECK:         %[[V:.*]] = llvm.load {{.*}} -> !llvm.ptr
// CHECK-NEXT:    %[[OUT:.*]] = llvm.load {{.*}} -> !llvm.ptr
// CHECK-NEXT:    llvm.cond_br %[[FLAG]], ^[[THEN:.*]], ^[[ELSE:.*]]
// CHECK:       ^[[THEN]]:
// CHECK:         llvm.store %[[V]],
// CHECK:         llvm.store %[[OUT]],
// CHECK:         llvm.call @[[ABS:k[0-9]+]](
// CHECK-NEXT:    llvm.br ^[[AFTER:.*]]
// CHECK:       ^[[ELSE]]:
// CHECK:         llvm.store %[[V]],
// CHECK:         llvm.store %[[OUT]],
// CHECK-NOT:     llvm.call @[[ABS]](
// CHECK:         llvm.call @
// CHECK-NEXT:    llvm.br ^[[AFTER]]
// CHECK:       ^[[AFTER]]:
//
// What may have more parts than one goes to the pool of threads. A kernel that checks indices is given the check of the
// frame, and the call ends with 1 when something stands there.
// CHECK-LABEL: llvm.func @body_pick(
// CHECK-SAME:    %[[FRAME:.*]]: !llvm.ptr) -> i32
// CHECK:         %[[DIMS:.*]] = llvm.load %[[FRAME]] :
// CHECK-NEXT:    %[[N:.*]] = llvm.load %[[DIMS]] : !llvm.ptr -> i64
// CHECK:         %[[BUFFERS:.*]] = llvm.alloca
// CHECK:         %[[CHECK:.*]] = llvm.getelementptr %[[FRAME]][72]
// CHECK-NEXT:    %[[AT:.*]] = llvm.getelementptr %[[BUFFERS]][24]
// CHECK-NEXT:    llvm.store %[[CHECK]], %[[AT]]
// CHECK-NEXT:    %[[KERNEL:.*]] = llvm.mlir.addressof @
// CHECK-NEXT:    %[[CHUNK:.*]] = llvm.mlir.constant({{[0-9]+}} : i64)
// CHECK-NEXT:    %[[MOST:.*]] = llvm.mlir.constant({{[0-9]+}} : i64)
// CHECK-NEXT:    %[[FEW:.*]] = llvm.icmp "sle" %[[N]], %[[MOST]]
// CHECK-NEXT:    %[[GRAIN:.*]] = llvm.select %[[FEW]], %[[N]], %[[CHUNK]]
// CHECK-NEXT:    llvm.call @symc_rt_parallel(%[[FRAME]], %[[KERNEL]], %[[BUFFERS]], %[[N]], %[[GRAIN]])
// CHECK-NEXT:    %[[CHECK:.*]] = llvm.getelementptr %[[FRAME]][72]
// CHECK-NEXT:    %[[CODE:.*]] = llvm.load %[[CHECK]] : !llvm.ptr -> i64
// CHECK:         %[[GOOD:.*]] = llvm.icmp "eq" %[[CODE]],
// CHECK-NEXT:    llvm.cond_br %[[GOOD]], ^[[NEXT:.*]], ^[[FAILED:.*]]
// CHECK:       ^[[FAILED]]:
// CHECK-NEXT:    %[[ONE:.*]] = llvm.mlir.constant(1 : i32)
// CHECK-NEXT:    llvm.return %[[ONE]]

module @m attributes {sym.dim_bounds = [#sym.dim_bound<"n", min = 1, max = 4096, multipleOf = 1>, #sym.dim_bound<"t", min = 0, max = 100, multipleOf = 1>]} {
  sym.parameter @b : tensor<f32> init <zeros>
  sym.parameter @w : tensor<4xf32> init <zeros>
  func.func @loop(%x: tensor<?x4xf32, #sym.dims<t, 4>> {sym.name = "x", sym.role = #sym.role<input>},
      %w: tensor<4xf32> {sym.name = "w", sym.role = #sym.role<parameter>})
      -> (tensor<4xf32> {sym.name = "last", sym.role = #sym.role<output>}, tensor<?x4xf32, #sym.dims<t, 4>> {sym.name = "rows", sym.role = #sym.role<output>}) {
    %r:2 = sym.scan <t> carry(%w : tensor<4xf32>) over(%x : tensor<?x4xf32, #sym.dims<t, 4>>)
        attributes {reverse = true} -> tensor<4xf32>, tensor<?x4xf32, #sym.dims<t, 4>> {
    ^bb0(%i: tensor<i64>, %h: tensor<4xf32>, %v: tensor<4xf32>):
      %n = sym.fused "elementwise" (%a = %h : tensor<4xf32>, %b = %v : tensor<4xf32>) -> tensor<4xf32> {
        %0 = sym.add %a, %b : tensor<4xf32>
        sym.yield %0 : tensor<4xf32>
      }
      %p = sym.fused "elementwise" (%a = %h : tensor<4xf32>, %b = %n : tensor<4xf32>) -> tensor<4xf32> {
        %0 = sym.mul %a, %b : tensor<4xf32>
        sym.yield %0 : tensor<4xf32>
      }
      sym.yield %n, %p : tensor<4xf32>, tensor<4xf32>
    }
    return %r#0, %r#1 : tensor<4xf32>, tensor<?x4xf32, #sym.dims<t, 4>>
  }

  func.func @branch(%p: tensor<i1> {sym.name = "p", sym.role = #sym.role<input>}, %v: tensor<f32> {sym.name = "v", sym.role = #sym.role<input>})
      -> (tensor<f32> {sym.name = "out", sym.role = #sym.role<output>}) {
    %b = sym.cond %p : tensor<i1> with(%v : tensor<f32>) -> tensor<f32> {
    ^bb0(%c: tensor<f32>):
      %e = sym.fused "elementwise" (%a = %c : tensor<f32>) -> tensor<f32> {
        %0 = sym.abs %a : tensor<f32>
        sym.yield %0 : tensor<f32>
      }
      sym.yield %e : tensor<f32>
    } else {
    ^bb0(%c: tensor<f32>):
      %e = sym.fused "elementwise" (%a = %c : tensor<f32>) -> tensor<f32> {
        %0 = sym.neg %a : tensor<f32>
        sym.yield %0 : tensor<f32>
      }
      sym.yield %e : tensor<f32>
    }
    return %b : tensor<f32>
  }

  func.func @pick(%x: tensor<?xf32, #sym.dims<n>> {sym.name = "x", sym.role = #sym.role<input>}, %i: tensor<?xi64, #sym.dims<n>> {sym.name = "i", sym.role = #sym.role<input>})
      -> (tensor<?xf32, #sym.dims<n>> {sym.name = "out", sym.role = #sym.role<output>}) {
    %y = sym.fused "elementwise" (%a = %x : tensor<?xf32, #sym.dims<n>>, %j = %i : tensor<?xi64, #sym.dims<n>>) -> tensor<?xf32, #sym.dims<n>> {
      %0 = sym.gather %a, %j {axis = 0} : (tensor<?xf32, #sym.dims<n>>, tensor<?xi64, #sym.dims<n>>) -> tensor<?xf32, #sym.dims<n>>
      sym.yield %0 : tensor<?xf32, #sym.dims<n>>
    }
    return %y : tensor<?xf32, #sym.dims<n>>
  }
}
