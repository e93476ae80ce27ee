// RUN: descent-opt %s --split-input-file --verify-diagnostics

// expected-error @+1 {{expected read, write or readwrite, got 'readonly'}}
schedule.kernel @k bindings [readonly] reads [] writes [] {}

// -----

// expected-error @+1 {{read 0 names binding 2, but there are 2}}
schedule.kernel @k bindings [read, write] reads [#schedule.operand<2, 0>] writes [#schedule.operand<1, 0>] {
^bb0(%x: tensor<8xf32>):
  %r = descent.kernel [8] reduce [] by [] map() [] { descent.yield }
    finish(%x : tensor<8xf32>) [#descent.access<(d0) -> (d0)>] {
    ^bb0(%a: f32):
      descent.yield %a : f32
    } : tensor<8xf32>
  schedule.return %r : tensor<8xf32>
}

// -----

// expected-error @+1 {{write 0 has the negative offset -1}}
schedule.kernel @k bindings [read, write] reads [#schedule.operand<0, 0>] writes [#schedule.operand<1, -1>] {
^bb0(%x: tensor<8xf32>):
  %r = descent.kernel [8] reduce [] by [] map() [] { descent.yield }
    finish(%x : tensor<8xf32>) [#descent.access<(d0) -> (d0)>] {
    ^bb0(%a: f32):
      descent.yield %a : f32
    } : tensor<8xf32>
  schedule.return %r : tensor<8xf32>
}

// -----

// expected-error @+1 {{binding 0 is 'readwrite', but its tensors make it 'read'}}
schedule.kernel @k bindings [readwrite, write] reads [#schedule.operand<0, 0>] writes [#schedule.operand<1, 0>] {
^bb0(%x: tensor<8xf32>):
  %r = descent.kernel [8] reduce [] by [] map() [] { descent.yield }
    finish(%x : tensor<8xf32>) [#descent.access<(d0) -> (d0)>] {
    ^bb0(%a: f32):
      descent.yield %a : f32
    } : tensor<8xf32>
  schedule.return %r : tensor<8xf32>
}

// -----

// expected-error @+1 {{binding 2 holds no tensor}}
schedule.kernel @k bindings [read, write, read] reads [#schedule.operand<0, 0>] writes [#schedule.operand<1, 0>] {
^bb0(%x: tensor<8xf32>):
  %r = descent.kernel [8] reduce [] by [] map() [] { descent.yield }
    finish(%x : tensor<8xf32>) [#descent.access<(d0) -> (d0)>] {
    ^bb0(%a: f32):
      descent.yield %a : f32
    } : tensor<8xf32>
  schedule.return %r : tensor<8xf32>
}

// -----

// expected-error @+1 {{has 2 reads, but its body takes 1 tensors}}
schedule.kernel @k bindings [read, write] reads [#schedule.operand<0, 0>, #schedule.operand<0, 0>] writes [#schedule.operand<1, 0>] {
^bb0(%x: tensor<8xf32>):
  %r = descent.kernel [8] reduce [] by [] map() [] { descent.yield }
    finish(%x : tensor<8xf32>) [#descent.access<(d0) -> (d0)>] {
    ^bb0(%a: f32):
      descent.yield %a : f32
    } : tensor<8xf32>
  schedule.return %r : tensor<8xf32>
}

// -----

// expected-error @+1 {{has 2 writes, but its body returns 1 tensors}}
schedule.kernel @k bindings [read, write] reads [#schedule.operand<0, 0>] writes [#schedule.operand<1, 0>, #schedule.operand<1, 0>] {
^bb0(%x: tensor<8xf32>):
  %r = descent.kernel [8] reduce [] by [] map() [] { descent.yield }
    finish(%x : tensor<8xf32>) [#descent.access<(d0) -> (d0)>] {
    ^bb0(%a: f32):
      descent.yield %a : f32
    } : tensor<8xf32>
  schedule.return %r : tensor<8xf32>
}

// -----

// expected-error @+1 {{expected the body to return the results of its kernels in order}}
schedule.kernel @k bindings [read, write] reads [#schedule.operand<0, 0>] writes [#schedule.operand<1, 0>] {
^bb0(%x: tensor<8xf32>):
  %r = descent.kernel [8] reduce [] by [] map() [] { descent.yield }
    finish(%x : tensor<8xf32>) [#descent.access<(d0) -> (d0)>] {
    ^bb0(%a: f32):
      descent.yield %a : f32
    } : tensor<8xf32>
  schedule.return %x : tensor<8xf32>
}

// -----

// expected-error @+1 {{expected tensors of static shape as the body's arguments, got 'f32'}}
schedule.kernel @k bindings [read, write] reads [#schedule.operand<0, 0>, #schedule.operand<0, 0>] writes [#schedule.operand<1, 0>] {
^bb0(%x: tensor<8xf32>, %y: f32):
  %r = descent.kernel [8] reduce [] by [] map() [] { descent.yield }
    finish(%x : tensor<8xf32>) [#descent.access<(d0) -> (d0)>] {
    ^bb0(%a: f32):
      descent.yield %a : f32
    } : tensor<8xf32>
  schedule.return %r : tensor<8xf32>
}

// -----

// expected-error @+1 {{expected a body of at least one descent.kernel or descent.row_group, and a schedule.return}}
schedule.kernel @k bindings [] reads [] writes [] {
  schedule.return
}

// -----

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
  // expected-error @+1 {{gives 1 bindings to a kernel of 2}}
  schedule.launch @k [#schedule.place<@t, 0, 32>]
}

// -----

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
  // expected-error @+1 {{binding 1 has 64 bytes, but the kernel's has 32}}
  schedule.launch @k [#schedule.place<@t, 0, 32>, #schedule.place<@t, 256, 64>]
}

// -----

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
  // expected-error @+1 {{bindings 0 and 1 overlap, and one of them is written}}
  schedule.launch @k [#schedule.place<@t, 0, 32>, #schedule.place<@t, 0, 32>]
}

// -----

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
  // expected-error @+1 {{does not start at a multiple of 256}}
  schedule.launch @k [#schedule.place<@t, 0, 32>, #schedule.place<@t, 64, 32>]
}

// -----

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
  // expected-error @+1 {{ends behind its slab of 1024 bytes}}
  schedule.launch @k [#schedule.place<@t, 0, 32>, #schedule.place<@t, 1024, 32>]
}

// -----

// Parts run at the same time.
schedule.kernel @k bindings [read, write] reads [#schedule.operand<0, 0>] writes [#schedule.operand<1, 0>, #schedule.operand<1, 8>] {
^bb0(%x: tensor<8xf32>):
  %r = descent.kernel [8] reduce [] by [] map() [] { descent.yield }
    finish(%x : tensor<8xf32>) [#descent.access<(d0) -> (d0)>] {
    ^bb0(%a: f32):
      descent.yield %a : f32
    } : tensor<8xf32>
  // expected-error @+1 {{reads what another part of its schedule.kernel computes, but parts run at the same time}}
  %s = descent.kernel [8] reduce [] by [] map() [] { descent.yield }
    finish(%r : tensor<8xf32>) [#descent.access<(d0) -> (d0)>] {
    ^bb0(%a: f32):
      descent.yield %a : f32
    } : tensor<8xf32>
  schedule.return %r, %s : tensor<8xf32>, tensor<8xf32>
}

// -----

// expected-error @+1 {{has 2 parts, but 1 strategies}}
schedule.kernel @k bindings [read, write] reads [#schedule.operand<0, 0>] writes [#schedule.operand<1, 0>, #schedule.operand<1, 8>]
    strategy [#codegen.strategy<lanes = [8], tile = [1], run = [1], unroll = []>] {
^bb0(%x: tensor<8xf32>):
  %r = descent.kernel [8] reduce [] by [] map() [] { descent.yield }
    finish(%x : tensor<8xf32>) [#descent.access<(d0) -> (d0)>] {
    ^bb0(%a: f32):
      descent.yield %a : f32
    } : tensor<8xf32>
  %s = descent.kernel [8] reduce [] by [] map() [] { descent.yield }
    finish(%x : tensor<8xf32>) [#descent.access<(d0) -> (d0)>] {
    ^bb0(%a: f32):
      descent.yield %a : f32
    } : tensor<8xf32>
  schedule.return %r, %s : tensor<8xf32>, tensor<8xf32>
}
