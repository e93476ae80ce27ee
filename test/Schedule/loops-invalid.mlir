// RUN: descent-opt %s --split-input-file --descent-verify-schedule --verify-diagnostics

// expected-error @+1 {{expected `iterations` if, and only if, an operand has a stride}}
schedule.kernel @k bindings [read, write] reads [#schedule.operand<0, 0, stride 8>] writes [#schedule.operand<1, 0>] {
^bb0(%x: tensor<8xf32>):
  %r = descent.kernel [8] reduce [] by [] map() [] { descent.yield }
    finish(%x : tensor<8xf32>) [#descent.access<(d0) -> (d0)>] {
    ^bb0(%a: f32):
      descent.yield %a : f32
    } : tensor<8xf32>
  schedule.return %r : tensor<8xf32>
}

// -----

// expected-error @+1 {{read 0 has the negative offset -8 in iteration 2}}
schedule.kernel @k bindings [read, write] reads [#schedule.operand<0, 8, stride -8>] writes [#schedule.operand<1, 0>] iterations 3 {
^bb0(%x: tensor<8xf32>):
  %r = descent.kernel [8] reduce [] by [] map() [] { descent.yield }
    finish(%x : tensor<8xf32>) [#descent.access<(d0) -> (d0)>] {
    ^bb0(%a: f32):
      descent.yield %a : f32
    } : tensor<8xf32>
  schedule.return %r : tensor<8xf32>
}

// -----

schedule.entry @e inputs [] {
  schedule.loop count 2 {
    // expected-error @+1 {{expects parent op 'schedule.entry'}}
    schedule.loop count 2 {
      schedule.barrier
    }
  }
}

// -----

schedule.entry @e inputs [] {
  // expected-error @+1 {{holds launches and barriers only, not descent.constant}}
  schedule.loop count 2 {
    %c = descent.constant dense<0.0> : tensor<f32>
  }
}

// -----

schedule.slab @t kind(transient) size(1024)
descent.input @x : tensor<3x64xf32>
schedule.place @x at <@t, 0, 768>
schedule.kernel @k bindings [read, write] reads [#schedule.operand<0, 0, stride 64>] writes [#schedule.operand<1, 0>] iterations 3 {
^bb0(%x: tensor<64xf32>):
  %r = descent.kernel [64] reduce [] by [] map() [] { descent.yield }
    finish(%x : tensor<64xf32>) [#descent.access<(d0) -> (d0)>] {
    ^bb0(%a: f32):
      descent.yield %a : f32
    } : tensor<64xf32>
  schedule.return %r : tensor<64xf32>
}
schedule.entry @outside inputs [@x] {
  // expected-error @+1 {{launches a kernel for loops of 3 iterations outside of a loop}}
  schedule.launch @k [#schedule.place<@t, 0, 768>, #schedule.place<@t, 768, 256>]
}

// -----

schedule.slab @t kind(transient) size(1024)
descent.input @x : tensor<3x64xf32>
schedule.place @x at <@t, 0, 768>
schedule.kernel @k bindings [read, write] reads [#schedule.operand<0, 0, stride 64>] writes [#schedule.operand<1, 0>] iterations 3 {
^bb0(%x: tensor<64xf32>):
  %r = descent.kernel [64] reduce [] by [] map() [] { descent.yield }
    finish(%x : tensor<64xf32>) [#descent.access<(d0) -> (d0)>] {
    ^bb0(%a: f32):
      descent.yield %a : f32
    } : tensor<64xf32>
  schedule.return %r : tensor<64xf32>
}
schedule.entry @other inputs [@x] {
  schedule.loop count 4 {
    // expected-error @+1 {{launches a kernel for loops of 3 iterations in one of 4}}
    schedule.launch @k [#schedule.place<@t, 0, 768>, #schedule.place<@t, 768, 256>]
  }
}

// -----

schedule.slab @t kind(transient) size(1024)
descent.input @x : tensor<3x64xf32>
schedule.place @x at <@t, 0, 768>
schedule.kernel @k bindings [read, write] reads [#schedule.operand<0, 0, stride 64>] writes [#schedule.operand<1, 0>] iterations 3 {
^bb0(%x: tensor<64xf32>):
  %r = descent.kernel [64] reduce [] by [] map() [] { descent.yield }
    finish(%x : tensor<64xf32>) [#descent.access<(d0) -> (d0)>] {
    ^bb0(%a: f32):
      descent.yield %a : f32
    } : tensor<64xf32>
  schedule.return %r : tensor<64xf32>
}
schedule.entry @short inputs [@x] {
  schedule.loop count 3 {
    // expected-error @+1 {{binding 0 has 256 bytes, but the kernel's has 768}}
    schedule.launch @k [#schedule.place<@t, 0, 256>, #schedule.place<@t, 768, 256>]
  }
}

// -----

// An iteration overwrites what the one before wrote: that needs a barrier, though there is one launch only.
schedule.slab @t kind(transient) size(1024)
descent.input @x : tensor<3x64xf32>
schedule.place @x at <@t, 0, 768>
schedule.kernel @k bindings [read, write] reads [#schedule.operand<0, 0, stride 64>] writes [#schedule.operand<1, 0>] iterations 3 {
^bb0(%x: tensor<64xf32>):
  %r = descent.kernel [64] reduce [] by [] map() [] { descent.yield }
    finish(%x : tensor<64xf32>) [#descent.access<(d0) -> (d0)>] {
    ^bb0(%a: f32):
      descent.yield %a : f32
    } : tensor<64xf32>
  schedule.return %r : tensor<64xf32>
}
schedule.entry @e inputs [@x] {
  schedule.loop count 3 {
    // expected-error @+2 {{touches what a launch wrote, or overwrites what it read, with no barrier between them}}
    // expected-note @+1 {{the other launch is its own in another iteration}}
    schedule.launch @k [#schedule.place<@t, 0, 768>, #schedule.place<@t, 768, 256>]
  }
}

// -----

// A loop reads a slot that only its next iteration writes: the first is fine, the second is not.
schedule.slab @t kind(transient) size(2048)
descent.input @x : tensor<64xf32>
schedule.place @x at <@t, 0, 256>
schedule.kernel @k bindings [readwrite] reads [#schedule.operand<0, 0, stride 64>] writes [#schedule.operand<0, 128, stride 64>] iterations 3 {
^bb0(%x: tensor<64xf32>):
  %r = descent.kernel [64] reduce [] by [] map() [] { descent.yield }
    finish(%x : tensor<64xf32>) [#descent.access<(d0) -> (d0)>] {
    ^bb0(%a: f32):
      descent.yield %a : f32
    } : tensor<64xf32>
  schedule.return %r : tensor<64xf32>
}
schedule.entry @e inputs [@x] {
  schedule.loop count 3 {
    schedule.barrier
    // expected-error @+1 {{reads #schedule.place<@t, 256, 256>, where nothing was written}}
    schedule.launch @k [#schedule.place<@t, 0, 1280>]
  }
}
