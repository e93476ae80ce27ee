// RUN: descent-opt %s --split-input-file --descent-verify-schedule --verify-diagnostics

// A launch reads what nothing wrote.
schedule.slab @t kind(transient) size(1024)
descent.input @x : tensor<8xf32>
schedule.place @x at <@t, 0, 32>
schedule.kernel @k bindings [read, write] reads [#schedule.operand<0, 0>] writes [#schedule.operand<1, 0>] {
^bb0(%x: tensor<8xf32>):
  %r = descent.kernel [8] reduce [] by [] map() [] { descent.yield }
    finish(%x : tensor<8xf32>) [#descent.access<(d0) -> (d0)>] {
    ^bb0(%a: f32):
      descent.yield %a : f32
    } : tensor<8xf32>
  schedule.return %r : tensor<8xf32>
}
schedule.entry @e inputs [] {
  // expected-error @+1 {{reads #schedule.place<@t, 256, 32>, where nothing was written}}
  schedule.launch @k [#schedule.place<@t, 256, 32>, #schedule.place<@t, 512, 32>]
}

// -----

// Read after write, write after read and write after write need a barrier.
schedule.slab @t kind(transient) size(1024)
descent.input @x : tensor<8xf32>
schedule.place @x at <@t, 0, 32>
schedule.kernel @k bindings [read, write] reads [#schedule.operand<0, 0>] writes [#schedule.operand<1, 0>] {
^bb0(%x: tensor<8xf32>):
  %r = descent.kernel [8] reduce [] by [] map() [] { descent.yield }
    finish(%x : tensor<8xf32>) [#descent.access<(d0) -> (d0)>] {
    ^bb0(%a: f32):
      descent.yield %a : f32
    } : tensor<8xf32>
  schedule.return %r : tensor<8xf32>
}
schedule.entry @e inputs [] {
  // expected-note @+1 {{the other launch}}
  schedule.launch @k [#schedule.place<@t, 0, 32>, #schedule.place<@t, 256, 32>]
  // expected-error @+1 {{touches what a launch wrote, or overwrites what it read, with no barrier between them}}
  schedule.launch @k [#schedule.place<@t, 256, 32>, #schedule.place<@t, 512, 32>]
}

// -----

schedule.slab @t kind(transient) size(1024)
descent.input @x : tensor<8xf32>
schedule.place @x at <@t, 0, 32>
schedule.kernel @k bindings [read, write] reads [#schedule.operand<0, 0>] writes [#schedule.operand<1, 0>] {
^bb0(%x: tensor<8xf32>):
  %r = descent.kernel [8] reduce [] by [] map() [] { descent.yield }
    finish(%x : tensor<8xf32>) [#descent.access<(d0) -> (d0)>] {
    ^bb0(%a: f32):
      descent.yield %a : f32
    } : tensor<8xf32>
  schedule.return %r : tensor<8xf32>
}
schedule.entry @e inputs [] {
  // expected-note @+1 {{the other launch}}
  schedule.launch @k [#schedule.place<@t, 0, 32>, #schedule.place<@t, 256, 32>]
  // expected-error @+1 {{touches what a launch wrote, or overwrites what it read, with no barrier between them}}
  schedule.launch @k [#schedule.place<@t, 0, 32>, #schedule.place<@t, 256, 32>]
}

// -----

schedule.slab @t kind(transient) size(1024)
descent.input @x : tensor<8xf32>
schedule.place @x at <@t, 0, 32>
schedule.kernel @k bindings [read, write] reads [#schedule.operand<0, 0>] writes [#schedule.operand<1, 0>] {
^bb0(%x: tensor<8xf32>):
  %r = descent.kernel [8] reduce [] by [] map() [] { descent.yield }
    finish(%x : tensor<8xf32>) [#descent.access<(d0) -> (d0)>] {
    ^bb0(%a: f32):
      descent.yield %a : f32
    } : tensor<8xf32>
  schedule.return %r : tensor<8xf32>
}
schedule.entry @e inputs [] {
  schedule.launch @k [#schedule.place<@t, 0, 32>, #schedule.place<@t, 256, 32>]
  schedule.barrier
  // expected-note @+1 {{the other launch}}
  schedule.launch @k [#schedule.place<@t, 256, 32>, #schedule.place<@t, 512, 32>]
  // expected-error @+1 {{touches what a launch wrote, or overwrites what it read, with no barrier between them}}
  schedule.launch @k [#schedule.place<@t, 0, 32>, #schedule.place<@t, 256, 32>]
}

// -----

// An output that nothing wrote.
schedule.slab @t kind(transient) size(1024)
descent.input @x : tensor<8xf32>
schedule.place @x at <@t, 0, 32>
schedule.kernel @k bindings [read, write] reads [#schedule.operand<0, 0>] writes [#schedule.operand<1, 0>] {
^bb0(%x: tensor<8xf32>):
  %r = descent.kernel [8] reduce [] by [] map() [] { descent.yield }
    finish(%x : tensor<8xf32>) [#descent.access<(d0) -> (d0)>] {
    ^bb0(%a: f32):
      descent.yield %a : f32
    } : tensor<8xf32>
  schedule.return %r : tensor<8xf32>
}
schedule.entry @e inputs [] {
  // expected-error @+1 {{lies where nothing was written}}
  schedule.output "y" at <@t, 256, 32> : tensor<8xf32>
}

// -----

// A kernel that reads elsewhere than where it writes is not done in place.
schedule.slab @t kind(transient) size(1024)
descent.input @x : tensor<8xf32>
schedule.place @x at <@t, 0, 32>
schedule.kernel @k bindings [readwrite] reads [#schedule.operand<0, 0>] writes [#schedule.operand<0, 0>] {
^bb0(%x: tensor<8xf32>):
  %r = descent.kernel [8] reduce [] by [] map() [] { descent.yield }
    finish(%x : tensor<8xf32>) [#descent.access<(d0) -> (-d0 + 7)>] {
    ^bb0(%a: f32):
      descent.yield %a : f32
    } : tensor<8xf32>
  schedule.return %r : tensor<8xf32>
}
schedule.entry @e inputs [] {
  // expected-error @+1 {{reads #schedule.place<@t, 0, 32> while another iteration may overwrite it}}
  schedule.launch @k [#schedule.place<@t, 0, 32>]
}

// -----

// Bytes of a state slab outside of the states hold what the last run left: they cannot be read as if they were zero, even before this run writes them.
descent.state @w : tensor<8xf32> parameter <constant, 0.0 : f32, 0.0 : f32>
schedule.slab @s kind(state) size(512)
schedule.place @w at <@s, 0, 32>
schedule.slab @t kind(transient) size(1024)
descent.input @x : tensor<8xf32>
schedule.place @x at <@t, 0, 32>
schedule.kernel @k bindings [read, write] reads [#schedule.operand<0, 0>] writes [#schedule.operand<1, 0>] {
^bb0(%x: tensor<8xf32>):
  %r = descent.kernel [8] reduce [] by [] map() [] { descent.yield }
    finish(%x : tensor<8xf32>) [#descent.access<(d0) -> (d0)>] {
    ^bb0(%a: f32):
      descent.yield %a : f32
    } : tensor<8xf32>
  schedule.return %r : tensor<8xf32>
}
schedule.entry @e inputs [] {
  // expected-error @+1 {{reads #schedule.place<@s, 256, 32>, where nothing was written}}
  schedule.launch @k [#schedule.place<@s, 256, 32>, #schedule.place<@t, 256, 32>]
  schedule.barrier
  schedule.launch @k [#schedule.place<@t, 0, 32>, #schedule.place<@s, 256, 32>]
}

// -----

// What no launch writes stays zero, as the slab began.
descent.state @w : tensor<8xf32> parameter <constant, 0.0 : f32, 0.0 : f32>
schedule.slab @s kind(state) size(512)
schedule.place @w at <@s, 0, 32>
schedule.slab @t kind(transient) size(1024)
schedule.kernel @k bindings [read, write] reads [#schedule.operand<0, 0>] writes [#schedule.operand<1, 0>] {
^bb0(%x: tensor<8xf32>):
  %r = descent.kernel [8] reduce [] by [] map() [] { descent.yield }
    finish(%x : tensor<8xf32>) [#descent.access<(d0) -> (d0)>] {
    ^bb0(%a: f32):
      descent.yield %a : f32
    } : tensor<8xf32>
  schedule.return %r : tensor<8xf32>
}
schedule.entry @e inputs [] {
  schedule.launch @k [#schedule.place<@s, 256, 32>, #schedule.place<@t, 256, 32>]
}

// -----

// Parts run at the same time, so none may write where another reads.
descent.state @w : tensor<8xf32> parameter <constant, 0.0 : f32, 0.0 : f32>
schedule.slab @s kind(state) size(512)
schedule.place @w at <@s, 0, 32>
schedule.slab @t kind(transient) size(1024)
schedule.kernel @k bindings [readwrite, write] reads [#schedule.operand<0, 0>, #schedule.operand<0, 0>] writes [#schedule.operand<1, 0>, #schedule.operand<0, 0>] {
^bb0(%x: tensor<8xf32>, %y: tensor<8xf32>):
  %r = descent.kernel [8] reduce [] by [] map() [] { descent.yield }
    finish(%x : tensor<8xf32>) [#descent.access<(d0) -> (d0)>] {
    ^bb0(%a: f32):
      descent.yield %a : f32
    } : tensor<8xf32>
  %t = descent.kernel [8] reduce [] by [] map() [] { descent.yield }
    finish(%y : tensor<8xf32>) [#descent.access<(d0) -> (d0)>] {
    ^bb0(%a: f32):
      %b = descent.add %a, %a : f32
      descent.yield %b : f32
    } : tensor<8xf32>
  schedule.return %r, %t : tensor<8xf32>, tensor<8xf32>
}
schedule.entry @e inputs [] {
  // expected-error @+1 {{writes #schedule.place<@s, 0, 32> while another part uses it}}
  schedule.launch @k [#schedule.place<@s, 0, 32>, #schedule.place<@t, 256, 32>]
}
