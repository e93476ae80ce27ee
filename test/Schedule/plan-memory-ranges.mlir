// RUN: descent-opt %s --descent-plan-memory=max-range=1024 | FileCheck %s

// Five tensors, four bindings: the first two of the inputs lie side by side, but together they are larger than a binding may be; the second and the third
// are not.
descent.input @a : tensor<192xf32>
descent.input @b : tensor<192xf32>
descent.input @c : tensor<64xf32>
descent.input @d : tensor<64xf32>
// CHECK: schedule.launch @k0 [#schedule.place<@slab.work, 256, 768>, #schedule.place<@slab.work, 1024, 1024>, #schedule.place<@slab.work, 2048, 256>, #schedule.place<@slab.work, 2304, 256>]
descent.entry @e {
  %a = descent.read @a : tensor<192xf32>
  %b = descent.read @b : tensor<192xf32>
  %c = descent.read @c : tensor<64xf32>
  %d = descent.read @d : tensor<64xf32>
  %r = descent.kernel [64] reduce [] by [] map() [] { descent.yield }
    finish(%a, %b, %c, %d : tensor<192xf32>, tensor<192xf32>, tensor<64xf32>, tensor<64xf32>)
      [#descent.access<(d0) -> (d0)>, #descent.access<(d0) -> (d0)>, #descent.access<(d0) -> (d0)>, #descent.access<(d0) -> (d0)>] {
    ^bb0(%w: f32, %x: f32, %y: f32, %z: f32):
      %s = descent.add %w, %x, %y, %z : f32
      descent.yield %s : f32
    } : tensor<64xf32>
  descent.output "r", %r : tensor<64xf32>
}
