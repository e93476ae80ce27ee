// RUN: descent-opt %s --split-input-file --descent-rematerialize=budget=16000 --verify-diagnostics

// A budget that cannot be met: the error stands where the most is in use, and says what can. 16384 of the bytes are transients.
descent.input @x : tensor<1024xf32>
descent.entry @again {
  %x = descent.read @x : tensor<1024xf32>
  %a = descent.kernel [1024] reduce [] by [] map() [] { descent.yield }
    finish(%x : tensor<1024xf32>) [#descent.access<(d0) -> (-d0 + 1023)>] {
    ^bb0(%a0: f32):
      %s = descent.exp %a0 : f32
      descent.yield %s : f32
    } : tensor<1024xf32>
  %b = descent.kernel [2048] reduce [] by [] map() [] { descent.yield }
    finish(%a : tensor<1024xf32>) [#descent.access<(d0) -> (d0 mod 1024)>] {
    ^bb0(%a0: f32):
      %s = descent.exp %a0 : f32
      descent.yield %s : f32
    } : tensor<2048xf32>
  // expected-error@+1 {{a memory budget of 16000 bytes cannot be met: with all computed again that helps, entry 'again' takes 20736 bytes, 0 of them for states and packed gradients, and most are in use here; a smaller batch or layer makes it smaller}}
  %c = descent.kernel [2048] reduce [] by [] map() [] { descent.yield }
    finish(%b : tensor<2048xf32>) [#descent.access<(d0) -> (-d0 + 2047)>] {
    ^bb0(%a0: f32):
      %s = descent.exp %a0 : f32
      descent.yield %s : f32
    } : tensor<2048xf32>
  %d = descent.kernel [1024] reduce [] by [] map() [] { descent.yield }
    finish(%c, %a : tensor<2048xf32>, tensor<1024xf32>) [#descent.access<(d0) -> (d0 + 1024)>, #descent.access<(d0) -> (-d0 + 1023)>] {
    ^bb0(%a0: f32, %a1: f32):
      %s = descent.add %a0, %a1 : f32
      descent.yield %s : f32
    } : tensor<1024xf32>
  descent.output "d", %d : tensor<1024xf32>
}

// -----

// What overwrites a state is not repeated, for it would have to read the state that it has overwritten: %v is kept.
descent.input @x : tensor<1024xf32>
descent.state @s : tensor<1024xf32> buffer <constant, 0.0 : f32, 0.0 : f32>
descent.entry @update {
  %x = descent.read @x : tensor<1024xf32>
  %old = descent.read @s : tensor<1024xf32>
  %v, %n = descent.kernel [1024] reduce [] by [] map() [] { descent.yield }
    finish(%x, %old : tensor<1024xf32>, tensor<1024xf32>) [#descent.access<(d0) -> (-d0 + 1023)>, #descent.access<(d0) -> (d0)>] {
    ^bb0(%a0: f32, %a1: f32):
      %p = descent.add %a0, %a1 : f32
      %q = descent.sub %a0, %a1 : f32
      descent.yield %p, %q : f32, f32
    } : tensor<1024xf32>, tensor<1024xf32>
  descent.write @s, %n : tensor<1024xf32>
  %b = descent.kernel [2048] reduce [] by [] map() [] { descent.yield }
    finish(%v : tensor<1024xf32>) [#descent.access<(d0) -> (d0 mod 1024)>] {
    ^bb0(%a0: f32):
      %s = descent.exp %a0 : f32
      descent.yield %s : f32
    } : tensor<2048xf32>
  // expected-error@+1 {{entry 'update' takes 28928 bytes, 4096 of them for states and packed gradients}}
  %c = descent.kernel [2048] reduce [] by [] map() [] { descent.yield }
    finish(%b : tensor<2048xf32>) [#descent.access<(d0) -> (-d0 + 2047)>] {
    ^bb0(%a0: f32):
      %s = descent.exp %a0 : f32
      descent.yield %s : f32
    } : tensor<2048xf32>
  %d = descent.kernel [1024] reduce [] by [] map() [] { descent.yield }
    finish(%c, %v : tensor<2048xf32>, tensor<1024xf32>) [#descent.access<(d0) -> (d0 + 1024)>, #descent.access<(d0) -> (-d0 + 1023)>] {
    ^bb0(%a0: f32, %a1: f32):
      %s = descent.add %a0, %a1 : f32
      descent.yield %s : f32
    } : tensor<1024xf32>
  descent.output "d", %d : tensor<1024xf32>
}
