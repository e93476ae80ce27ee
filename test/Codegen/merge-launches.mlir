// RUN: descent-opt %s -pass-pipeline='builtin.module(descent-select-strategies{profile=lavapipe},descent-merge-launches{profile=lavapipe},descent-place-barriers,descent-verify-schedule)' | FileCheck %s
// RUN: descent-opt %s -pass-pipeline='builtin.module(descent-select-strategies{profile=portable},descent-merge-launches{profile=portable},descent-place-barriers,descent-verify-schedule)' | FileCheck %s --check-prefix=PORTABLE
// RUN: not descent-opt %s -descent-merge-launches=profile=abacus 2>&1 | FileCheck %s --check-prefix=UNKNOWN

// UNKNOWN: unknown profile 'abacus'

schedule.slab @state kind(state) size(1024)
schedule.slab @work kind(transient) size(33556480)
descent.state @w : tensor<64xf32> parameter <constant, 0.0 : f64, 0.0 : f64>
descent.input @x : tensor<64xf32>
descent.input @large : tensor<4194304xf32>
schedule.place @w at <@state, 0, 256>
schedule.place @x at <@work, 0, 256>
schedule.place @large at <@work, 2048, 16777216>

schedule.kernel @double bindings [read, write] reads [#schedule.operand<0, 0>] writes [#schedule.operand<1, 0>] {
^bb0(%a: tensor<64xf32>):
  %c = descent.kernel [64] reduce [] by [] map() [] { descent.yield }
    finish(%a : tensor<64xf32>) [#descent.access<(d0) -> (d0)>] {
      ^bb0(%x: f32):
        %y = descent.add %x, %x : f32
        descent.yield %y : f32
    } : tensor<64xf32>
  schedule.return %c : tensor<64xf32>
}
schedule.kernel @square bindings [read, write] reads [#schedule.operand<0, 0>] writes [#schedule.operand<1, 0>] {
^bb0(%a: tensor<64xf32>):
  %c = descent.kernel [64] reduce [] by [] map() [] { descent.yield }
    finish(%a : tensor<64xf32>) [#descent.access<(d0) -> (d0)>] {
      ^bb0(%x: f32):
        %y = descent.mul %x, %x : f32
        descent.yield %y : f32
    } : tensor<64xf32>
  schedule.return %c : tensor<64xf32>
}
schedule.kernel @negate bindings [read, write] reads [#schedule.operand<0, 0>] writes [#schedule.operand<1, 0>] {
^bb0(%a: tensor<4194304xf32>):
  %c = descent.kernel [4194304] reduce [] by [] map() [] { descent.yield }
    finish(%a : tensor<4194304xf32>) [#descent.access<(d0) -> (d0)>] {
      ^bb0(%x: f32):
        %y = descent.neg %x : f32
        descent.yield %y : f32
    } : tensor<4194304xf32>
  schedule.return %c : tensor<4194304xf32>
}

// Two small launches that only read one tensor become one, with a strategy for each part.
// CHECK-LABEL: schedule.kernel @m0
// CHECK-SAME: reads [#schedule.operand<0, 0>, #schedule.operand<0, 0>]
// CHECK-SAME: strategy [#codegen.strategy<{{.*}}>, #codegen.strategy<{{.*}}>]
// CHECK: descent.add
// CHECK: descent.mul
// CHECK: schedule.return %{{.*}}, %{{.*}} : tensor<64xf32>, tensor<64xf32>
// CHECK-LABEL: schedule.entry @siblings
// CHECK-NEXT: schedule.launch @m0 [#schedule.place<@work, 0, 256>, {{.*}}] label "a | b"
// CHECK-NEXT: }
// PORTABLE-LABEL: schedule.entry @siblings
// PORTABLE-NEXT: schedule.launch @m0 {{.*}} label "a | b"
// PORTABLE-NEXT: }
schedule.entry @siblings inputs [@x] {
  schedule.launch @double [#schedule.place<@work, 0, 256>, #schedule.place<@work, 256, 256>] label "a"
  schedule.launch @square [#schedule.place<@work, 0, 256>, #schedule.place<@work, 512, 256>] label "b"
}

// Not where one reads what the other writes.
// CHECK-LABEL: schedule.entry @chain
// CHECK-NEXT: schedule.launch @double
// CHECK-NEXT: schedule.barrier
// CHECK-NEXT: schedule.launch @square
// CHECK-NEXT: }
schedule.entry @chain inputs [@x] {
  schedule.launch @double [#schedule.place<@work, 0, 256>, #schedule.place<@work, 256, 256>]
  schedule.launch @square [#schedule.place<@work, 256, 256>, #schedule.place<@work, 512, 256>]
}

// A launch that may run in either phase goes to the one where it merges; the two phases stay two, whatever the order was.
// CHECK-LABEL: schedule.entry @moved
// CHECK-NEXT: schedule.launch @{{m[0-9]+}} {{.*}} label "{{first \| free|second \| free}}
// CHECK-NEXT: schedule.barrier
// CHECK-NEXT: schedule.launch
// CHECK-NEXT: }
schedule.entry @moved inputs [@x] {
  schedule.launch @double [#schedule.place<@work, 0, 256>, #schedule.place<@work, 256, 256>] label "first"
  schedule.launch @square [#schedule.place<@work, 256, 256>, #schedule.place<@work, 512, 256>] label "second"
  schedule.launch @double [#schedule.place<@work, 0, 256>, #schedule.place<@work, 768, 256>] label "free"
}

// lavapipe executes the other parts' code in every workgroup: a launch of thousands stays by itself there.
// CHECK-LABEL: schedule.entry @uneven
// CHECK-NEXT: schedule.launch @
// CHECK-NEXT: schedule.launch @
// CHECK-NEXT: }
// PORTABLE-LABEL: schedule.entry @uneven
// PORTABLE-NEXT: schedule.launch @m
// PORTABLE-NEXT: }
schedule.entry @uneven inputs [@x, @large] {
  schedule.launch @negate [#schedule.place<@work, 2048, 16777216>, #schedule.place<@work, 16779264, 16777216>]
  schedule.launch @double [#schedule.place<@work, 0, 256>, #schedule.place<@work, 256, 256>]
}

// In a loop too.
// CHECK-LABEL: schedule.entry @loop
// CHECK-NEXT: schedule.loop count 3 {
// CHECK: schedule.launch @m{{[0-9]+}}
// CHECK-NOT: schedule.launch
// CHECK: }
schedule.entry @loop inputs [@x] {
  schedule.loop count 3 {
    schedule.launch @double [#schedule.place<@work, 0, 256>, #schedule.place<@work, 256, 256>] label "a"
    schedule.launch @square [#schedule.place<@work, 0, 256>, #schedule.place<@work, 512, 256>] label "b"
  }
}
