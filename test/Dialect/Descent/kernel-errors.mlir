// Every message of the kernel operation's verifier and of the parser of accesses.
// RUN: descent-opt %s -split-input-file -verify-diagnostics -allow-unregistered-dialect

descent.entry @e {
  // expected-error @+1 {{expected positive extents}}
  %y = descent.kernel [0] reduce [] by [] map() [] {
      descent.yield
    } finish() [] {
      %k = descent.constant 1.0 : f32
      descent.yield %k : f32
    } : tensor<0xf32>
}

// -----

descent.entry @e {
  // expected-error @+1 {{expected combiners if and only if there are reduction dimensions}}
  %y = descent.kernel [2] reduce [3] by [] map() [] {
      descent.yield
    } finish() [] {
      %k = descent.constant 1.0 : f32
      descent.yield %k : f32
    } : tensor<2xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<2xf32>
  // expected-error @+1 {{expected no map inputs without reduction dimensions}}
  %y = descent.kernel [2] reduce [] by [] map(%x : tensor<2xf32>) [#descent.access<(d0) -> (d0)>] {
    ^bb0(%a: f32):
      descent.yield
    } finish() [] {
      %k = descent.constant 1.0 : f32
      descent.yield %k : f32
    } : tensor<2xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<2xf32>
  // expected-error @+1 {{expected one access an input}}
  %y = descent.kernel [2] reduce [] by [] map() [] {
      descent.yield
    } finish(%x : tensor<2xf32>) [] {
    ^bb0(%a: f32):
      descent.yield %a : f32
    } : tensor<2xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<2xf32>
  // expected-error @+1 {{access #descent.access<(d0) -> (d0, d0)> does not map 1 dimensions to the rank of 'tensor<2xf32>'}}
  %y = descent.kernel [2] reduce [] by [] map() [] {
      descent.yield
    } finish(%x : tensor<2xf32>) [#descent.access<(d0) -> (d0, d0)>] {
    ^bb0(%a: f32):
      descent.yield %a : f32
    } : tensor<2xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<2xf32>
  // expected-error @+1 {{access #descent.access<(d0) -> (d0 + 1)> reaches index 1 to 2 in dimension 0 of 'tensor<2xf32>'}}
  %y = descent.kernel [2] reduce [] by [] map() [] {
      descent.yield
    } finish(%x : tensor<2xf32>) [#descent.access<(d0) -> (d0 + 1)>] {
    ^bb0(%a: f32):
      descent.yield %a : f32
    } : tensor<2xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<2xf32>
  // expected-error @+1 {{expected a fill of type 'f32' in #descent.access<(d0) -> (d0 - 1) if [d0 - 1] else 0 : i32>}}
  %y = descent.kernel [2] reduce [] by [] map() [] {
      descent.yield
    } finish(%x : tensor<2xf32>) [#descent.access<(d0) -> (d0 - 1) if [d0 - 1] else 0 : i32>] {
    ^bb0(%a: f32):
      descent.yield %a : f32
    } : tensor<2xf32>
}

// -----

descent.entry @e {
  // expected-error @+1 {{expected results of 6 elements, got 'tensor<5xf32>'}}
  %y = descent.kernel [2, 3] reduce [] by [] map() [] {
      descent.yield
    } finish() [] {
      %k = descent.constant 1.0 : f32
      descent.yield %k : f32
    } : tensor<5xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1> : tensor<2xi32>
  // expected-error @+1 {{expected 1 arguments of the read elements' types in 'finish'}}
  %y = descent.kernel [2] reduce [] by [] map() [] {
      descent.yield
    } finish(%x : tensor<2xi32>) [#descent.access<(d0) -> (d0)>] {
    ^bb0(%a: f32):
      descent.yield %a : f32
    } : tensor<2xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<2xf32>
  // expected-error @+1 {{expected 2 arguments of the read elements' types in 'finish'}}
  %y = descent.kernel [] reduce [2] by [#descent.combiner<max_index>] map(%x : tensor<2xf32>) [#descent.access<(d0) -> (d0)>] {
    ^bb0(%a: f32):
      descent.yield %a : f32
    } finish() [] {
    ^bb0(%a: f32):
      descent.yield %a : f32
    } : tensor<f32>
}

// -----

descent.entry @e {
  // expected-error @+1 {{expected 'finish' to yield 1 scalars of the right types}}
  %y = descent.kernel [2] reduce [] by [] map() [] {
      descent.yield
    } finish() [] {
      %k = descent.constant 1 : i32
      descent.yield %k : i32
    } : tensor<2xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<2xf32>
  // expected-error @+1 {{expected 'map' to yield 1 scalars, one a combiner}}
  %y = descent.kernel [] reduce [2] by [#descent.combiner<sum>] map(%x : tensor<2xf32>) [#descent.access<(d0) -> (d0)>] {
    ^bb0(%a: f32):
      descent.yield
    } finish() [] {
    ^bb0(%a: f32):
      descent.yield %a : f32
    } : tensor<f32>
}

// -----

descent.entry @e {
  %y = descent.kernel [2] reduce [] by [] map() [] {
      descent.yield
    } finish() [] {
      // expected-error @+1 {{is not a scalar operation of the descent dialect}}
      %t = descent.constant dense<1.0> : tensor<2xf32>
      %k = descent.constant 1.0 : f32
      descent.yield %k : f32
    } : tensor<2xf32>
}

// -----

descent.entry @e {
  // expected-error @+1 {{expects parent op 'descent.kernel'}}
  %k = descent.index affine_map<(d0) -> (d0)>
}

// -----

// expected-error @+1 {{an access has no symbols}}
"test"() {access = #descent.access<(d0)[s0] -> (d0 + s0)>} : () -> ()

// -----

// expected-error @+1 {{expected a constraint after 'if'}}
"test"() {access = #descent.access<(d0) -> (d0) if [] else 0.0 : f32>} : () -> ()

// -----

// expected-error @+1 {{expected a comparison with 0}}
"test"() {access = #descent.access<(d0) -> (d0) if [d0 == 1] else 0.0 : f32>} : () -> ()

// -----

// expected-error @+1 {{expected a number after 'else'}}
"test"() {access = #descent.access<(d0) -> (d0) if [d0 - 1] else "zero">} : () -> ()

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<2x3xf32>
  %y = descent.kernel [2] reduce [] by [] map() [] { descent.yield }
    finish(%x : tensor<2x3xf32>) [#descent.access<whole>] {
      ^bb0(%a: tensor<2x3xf32>):
        %i = descent.constant 1 : i32
        // expected-error @+1 {{expected one index a dimension of 'tensor<2x3xf32>', got 1}}
        %e = descent.load %a[%i] : tensor<2x3xf32> -> f32
        descent.yield %e : f32
      } : tensor<2xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<2x3xf32>
  %y = descent.kernel [2] reduce [] by [] map() [] { descent.yield }
    finish(%x : tensor<2x3xf32>) [#descent.access<whole>] {
      ^bb0(%a: tensor<2x3xf32>):
        %i = descent.constant 1 : i32
        // expected-error @+1 {{expected a result of type 'f32', got 'i32'}}
        %e = descent.load %a[%i, %i] : tensor<2x3xf32> -> i32
        descent.yield %e : i32
      } : tensor<2xi32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<2x3xf32>
  // expected-error @+1 {{expected 1 arguments of the read elements' types in 'finish'}}
  %y = descent.kernel [2] reduce [] by [] map() [] { descent.yield }
    finish(%x : tensor<2x3xf32>) [#descent.access<(d0) -> (d0, 0)>] {
      ^bb0(%a: tensor<2x3xf32>):
        %i = descent.constant 1 : i32
        %e = descent.load %a[%i, %i] : tensor<2x3xf32> -> f32
        descent.yield %e : f32
      } : tensor<2xf32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<1.0> : tensor<2x3xf32>
  %y = descent.kernel [2] reduce [] by [] map() [] { descent.yield }
    finish(%x : tensor<2x3xf32>) [#descent.access<whole>] {
      ^bb0(%a: tensor<2x3xf32>):
        %i = descent.constant 1 : i32
        // expected-error @+1 {{uses a tensor that is read whole; only descent.load may}}
        %e = descent.neg %a : tensor<2x3xf32>
        descent.yield %i : i32
      } : tensor<2xi32>
}

// -----

descent.entry @e {
  %x = descent.constant dense<true> : tensor<2xi1>
  // expected-error @+1 {{combines f32, f64, i32 and ui32 only, got 'i1'}}
  %y = descent.kernel [] reduce [2] by [#descent.combiner<max>] map(%x : tensor<2xi1>) [#descent.access<(d0) -> (d0)>] {
      ^bb0(%a: i1):
        descent.yield %a : i1
      } finish() [] {
      ^bb0(%a: i1):
        descent.yield %a : i1
      } : tensor<i1>
}
