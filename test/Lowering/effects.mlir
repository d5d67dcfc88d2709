// What ops on buffers do to them is declared: nothing that is needed goes, a buffer is read again behind what writes it.
// RUN: symc-opt --canonicalize --cse %s | FileCheck %s

// CHECK-LABEL: func.func @reads
// CHECK: %[[A:.*]] = kernel.read %arg0
// CHECK-NEXT: kernel.library_call "f" ins(%arg0 : memref<4xf32>) outs(%arg1 : memref<4xf32>) integers <4>
// CHECK-NEXT: %[[B:.*]] = kernel.read %arg1
// CHECK-NEXT: kernel.write %[[A]], %arg1
// CHECK-NEXT: kernel.write %[[B]], %arg0
// CHECK-NEXT: return
func.func @reads(%a: memref<4xf32>, %b: memref<4xf32>) {
  %0 = kernel.read %a : memref<4xf32> -> tensor<4xf32>
  %1 = kernel.read %a : memref<4xf32> -> tensor<4xf32>
  %unused = kernel.read %b : memref<4xf32> -> tensor<4xf32>
  kernel.library_call "f" ins(%a : memref<4xf32>) outs(%b : memref<4xf32>) integers <4>
  %2 = kernel.read %b : memref<4xf32> -> tensor<4xf32>
  kernel.write %1, %b : tensor<4xf32>, memref<4xf32>
  kernel.write %2, %a : tensor<4xf32>, memref<4xf32>
  return
}

// What is shown stays, as often as it is shown.
// CHECK-LABEL: func.func @shows
// CHECK-NEXT: kernel.print "a", %arg0 as tensor<4xf32> : memref<4xf32>
// CHECK-NEXT: kernel.print "a", %arg0 as tensor<4xf32> : memref<4xf32>
// CHECK-NEXT: return
func.func @shows(%a: memref<4xf32>) {
  kernel.print "a", %a as tensor<4xf32> : memref<4xf32>
  kernel.print "a", %a as tensor<4xf32> : memref<4xf32>
  return
}

// A branch and an allocation that do nothing are gone; a loop that is left early stays with its leave.
// CHECK-LABEL: func.func @program
// CHECK-NEXT: %{{.*}} = kernel.loop count(%arg1
// CHECK-NEXT: ^bb0
// CHECK-NEXT: kernel.leave_unless %arg0
// CHECK-NEXT: kernel.next
// CHECK: kernel.store_index %{{.*}}, %arg1
// CHECK-NEXT: return
func.func @program(%flag: memref<i1>, %count: memref<i64>) {
  %unused = kernel.alloc <4> : memref<4xf32>
  kernel.if %flag : memref<i1> {
  } else {
  }
  %ran = kernel.loop count(%count : memref<i64>) -> index {
  ^bb0(%row: index):
    kernel.leave_unless %flag : memref<i1>
    kernel.next
  }
  kernel.store_index %ran, %count : memref<i64>
  return
}
