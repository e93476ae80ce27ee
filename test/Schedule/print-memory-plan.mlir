// RUN: descent-opt %s --descent-plan-memory --descent-place-barriers --descent-print-memory-plan | FileCheck %s

// The plan as text. In program order both large values would live at once; the order that is chosen uses each before the next is made.

// CHECK:      slab slab.state state 256 bytes
// CHECK-NEXT: slab slab.work transient 1536 bytes
// CHECK-NEXT: @slab.work          0        256  control
// CHECK-NEXT: @slab.work        256         32  input in
// CHECK-NEXT: @slab.state          0         32  state w
// CHECK-NEXT: entry lean 5 launches
// CHECK-NEXT: @slab.work [[A:.*]]        512  launches 0 to 1  k0
// CHECK-NEXT: @slab.work [[C:.*]]         32  launches 1 to 4  k1
// CHECK-NEXT: @slab.work [[A]]        512  launches 2 to 3  k0
// CHECK-NEXT: @slab.work [[D:.*]]         32  launches 3 to 4  k1
// CHECK-NEXT: transient peak {{[0-9]+}} bytes, live at once 576 bytes
// CHECK-NEXT: total 1792 bytes

descent.input @in : tensor<8xf32>
descent.state @w : tensor<8xf32> parameter <constant, 0.0 : f32, 0.0 : f32>
descent.entry @lean {
  %in = descent.read @in : tensor<8xf32>
  %a = descent.kernel [128] reduce [] by [] map() [] { descent.yield }
    finish(%in : tensor<8xf32>) [#descent.access<(d0) -> (d0 mod 8)>] {
    ^bb0(%x: f32):
      descent.yield %x : f32
    } : tensor<128xf32>
  %b = descent.kernel [128] reduce [] by [] map() [] { descent.yield }
    finish(%in : tensor<8xf32>) [#descent.access<(d0) -> (d0 mod 8)>] {
    ^bb0(%x: f32):
      descent.yield %x : f32
    } : tensor<128xf32>
  %c = descent.kernel [8] reduce [] by [] map() [] { descent.yield }
    finish(%a : tensor<128xf32>) [#descent.access<(d0) -> (d0)>] {
    ^bb0(%x: f32):
      %y = descent.neg %x : f32
      descent.yield %y : f32
    } : tensor<8xf32>
  %d = descent.kernel [8] reduce [] by [] map() [] { descent.yield }
    finish(%b : tensor<128xf32>) [#descent.access<(d0) -> (d0)>] {
    ^bb0(%x: f32):
      %y = descent.neg %x : f32
      descent.yield %y : f32
    } : tensor<8xf32>
  %e = descent.kernel [8] reduce [] by [] map() [] { descent.yield }
    finish(%c, %d : tensor<8xf32>, tensor<8xf32>) [#descent.access<(d0) -> (-d0 + 7)>, #descent.access<(d0) -> (-d0 + 7)>] {
    ^bb0(%a0: f32, %a1: f32):
      %s = descent.add %a0, %a1 : f32
      descent.yield %s : f32
    } : tensor<8xf32>
  descent.write @w, %e : tensor<8xf32>
}
